# SPDX-License-Identifier: Apache-2.0
"""The rules of parties, their roles and interactions: plain functions on plain dicts."""
