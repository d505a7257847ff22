# SPDX-License-Identifier: Apache-2.0
"""docs/interactions.md: its table of what eTOM asks names modules and tests that there are; its policies are some."""

import re
from pathlib import Path

import pytest

from app.interactions.policies_file import read_policies
from tests.storage.representatives import LISTS

PAGE = Path(__file__).parents[2] / "docs" / "interactions.md"
TEXT = PAGE.read_text(encoding="utf-8")
SENTENCES = TEXT.partition("\n## eTOM, sentence by sentence\n")[2]
ROWS = re.findall(r"^\| .*$", SENTENCES, re.MULTILINE)[1:]
LINKS = re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", SENTENCES)


@pytest.mark.parametrize(("name", "place"), sorted(set(LINKS)))
def test_what_the_table_names_is_there(name: str, place: str) -> None:
    file = PAGE.parent / place
    assert file.is_file()
    if name.startswith("test_"):
        assert re.search(rf"^(async )?def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert file.name == name


def test_each_sentence_has_a_place_and_a_test() -> None:
    assert ROWS
    for row in ROWS:
        _, _, where, shown, _ = row.split("|")
        assert "](../" in where
        assert "[`test_" in shown


def test_the_policies_of_the_page_are_policies(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(appliesTo.*?)```", TEXT, re.DOTALL)
    (tmp_path / "closed.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n", encoding="utf-8"
    )
    (tmp_path / "policies.yaml").write_text(example, encoding="utf-8")
    assert read_policies(str(tmp_path / "policies.yaml")).policies[0].name == "urgent complaints"


@pytest.mark.parametrize("name", LISTS)
def test_the_page_has_the_working_lists_that_are_measured(name: str) -> None:
    assert f"| {name} | `{LISTS[name].replace('a7', '6022')}` |" in TEXT
