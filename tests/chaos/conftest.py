# SPDX-License-Identifier: Apache-2.0
"""Lets pytest tell what differs when an assertion outside of the test files does not hold."""

import pytest

pytest.register_assert_rewrite("tests.chaos.agreement", "tests.chaos.story")
