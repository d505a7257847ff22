# SPDX-License-Identifier: Apache-2.0
"""Processes that make very many objects collect garbage seldom; the process of the tests does not stay one of them."""

import gc

from app.system.garbage_collection import THRESHOLDS, collect_seldom
from tests.conftest import pytest_runtest_teardown


def test_after_a_command_garbage_is_collected_as_before() -> None:
    before = gc.get_threshold()
    collect_seldom()
    assert (gc.get_threshold(), gc.get_freeze_count() > 0) == (THRESHOLDS, True)
    pytest_runtest_teardown()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
