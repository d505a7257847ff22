# SPDX-License-Identifier: Apache-2.0
"""docs/interactions.md: its table of what eTOM asks names modules and tests that there are; its policies are some."""

import re
from pathlib import Path

import pytest

from app.interactions.policies_file import read_policies
from tests.storage.representatives import LISTS
from tests.unit.test_promises import STORIES

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


def test_the_page_has_each_report_with_the_naive_clock_that_has_its_fault() -> None:
    reports = TEXT.partition("\n## What users of other help desks reported\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| (?!report|---)(.+?) \| (.+?) \| `(\w+)`: (.+?) \|$", reports, re.MULTILINE)
    stories = [(*story.report.split(": ", 1), story.naive.__name__, str(story.naive.__doc__)) for story in STORIES]
    assert told == [(report, fault, name, doc.removesuffix(".").lower()) for report, fault, name, doc in stories]
