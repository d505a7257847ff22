# SPDX-License-Identifier: Apache-2.0
"""docs/processes.md: its tables of what eTOM asks name modules and tests that there are, a row for each statement."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "processes.md"
SENTENCES = PAGE.read_text(encoding="utf-8").partition("\n## eTOM, sentence by sentence\n")[2]
SECTIONS = SENTENCES.split("\n### ")[1:]
ROWS = {
    section.splitlines()[0]: re.findall(r"^\| S(\d+) \|.*\|.*\|.*\|$", section, re.MULTILINE) for section in SECTIONS
}
LINKS = [link for section in SECTIONS for link in re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", section)]


@pytest.mark.parametrize(("name", "place"), sorted(set(LINKS)))
def test_what_a_table_names_is_there(name: str, place: str) -> None:
    file = PAGE.parent / place
    assert file.is_file()
    if name.startswith("test_"):
        assert re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert file.name == name


def test_each_statement_has_a_row_with_a_module_and_a_test() -> None:
    assert [len(numbers) for numbers in ROWS.values()] == [9, 7]
    for numbers in ROWS.values():
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    for row in re.findall(r"^\| S.*$", "\n".join(SECTIONS), re.MULTILINE):
        _, _, _, where, shown, _ = row.split("|")
        assert "](../app/" in where
        assert "[`test_" in shown
