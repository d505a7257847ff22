# SPDX-License-Identifier: Apache-2.0
"""docs/interactions.md: its table of what eTOM asks names modules and tests that there are."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "interactions.md"
SENTENCES = PAGE.read_text(encoding="utf-8").partition("\n## eTOM, sentence by sentence\n")[2]
ROWS = re.findall(r"^\| .*$", SENTENCES, re.MULTILINE)[2:]
LINKS = re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", SENTENCES)


@pytest.mark.parametrize(("name", "place"), sorted(set(LINKS)))
def test_what_the_table_names_is_there(name: str, place: str) -> None:
    file = PAGE.parent / place
    assert file.is_file()
    if name.startswith("test_"):
        assert re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert file.name == name


def test_each_sentence_has_a_module_and_a_test() -> None:
    assert ROWS
    for row in ROWS:
        _, _, where, shown, _ = row.split("|")
        assert "](../app/" in where
        assert "[`test_" in shown
