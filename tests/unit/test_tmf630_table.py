# SPDX-License-Identifier: Apache-2.0
"""The table of TMF630's rules names tests that exist, and says of each rule how it stands."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "tmf630.md").read_text(encoding="utf-8")
STATES = {"supported", "partly", "not supported"}
NONE = "—"
"""What stands in the place of a test for what is not there to be tested."""


def rows() -> list[list[str]]:
    """The rows of the tables between the marks, each as its cells."""
    told = PAGE.split("<!-- rules -->")[1].split("<!-- /rules -->")[0]
    lines = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith("| Rule |")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


ROWS = [pytest.param(*row, id=row[0][:40]) for row in rows()]


def test_there_is_a_table_for_every_subject() -> None:
    assert len(ROWS) > 70
    assert PAGE.count("| Rule | State | How | Tests |\n|---|---|---|---|\n") == PAGE.count("\n### ")


@pytest.mark.parametrize(("rule", "state", "how", "tests"), ROWS)
def test_each_rule_has_a_state_a_way_and_tests_that_exist(rule: str, state: str, how: str, tests: str) -> None:
    assert rule
    assert how
    assert state in STATES
    if tests == NONE:
        assert state == "not supported"
        return
    named = tests.split(", ")
    assert all(re.fullmatch(r"`(unit|storage|contract|scenarios|fuzz)/test_\w+\.py`", name) for name in named)
    assert [name for name in named if not (TESTS / name.strip("`")).is_file()] == []
