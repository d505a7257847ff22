# SPDX-License-Identifier: Apache-2.0
"""What holds for what is written beside the code: decisions have a status, and whatever a page names is there."""

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "openapi").rglob("*.md")),
    *sorted(ROOT.glob("*.md")),
]

STATUS = re.compile(r"Status: accepted, \d{4}-\d{2}-\d{2}(; .+)?")
ROW = re.compile(r"\| \[(\d{4})\]\(([^)]+)\) \| (.+) \| (.+) \|")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
FILE = re.compile(r"(?<![\w./-])(?:app|tests|openapi|docs|docker)/[\w./-]*\w")
MODULE = re.compile(r"(?<![\w./-])app(?:\.[A-Za-z_]\w*)+")
MADE_BY_THE_WHEEL = {"app/openapi"}
"""What is only there once the package is built."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def title(decision: Path) -> str:
    heading = text(decision).splitlines()[0]
    number, _, rest = heading.removeprefix("# ").partition(": ")
    assert number == decision.name[:4], f"the heading should begin with the number of the file: {heading!r}"
    return rest


def status(decision: Path) -> str:
    """The paragraph below the title, as one line."""
    return text(decision).split("\n\n")[1].replace("\n", " ")


def without_links(line: str) -> str:
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line)


def is_module_or_member(dotted: str) -> bool:
    """Whether a dotted name is a module of ours, or a name at the top of one."""
    path = ROOT.joinpath(*dotted.split("."))
    if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
        return True
    module, _, member = dotted.rpartition(".")
    spec = find_spec(module) if module.startswith("app.") else None
    if spec is None or spec.origin is None:
        return False
    return re.search(rf"^(?:(?:async )?def|class) {member}\b|^{member}\b.*=", text(Path(spec.origin)), re.M) is not None


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_a_decision_says_below_its_title_since_when_it_holds(decision: Path) -> None:
    assert title(decision)
    assert STATUS.fullmatch(status(decision)), f"no status with a date below the title: {status(decision)!r}"


def test_the_list_of_decisions_has_each_with_its_title_and_status() -> None:
    listed = [row.groups() for row in map(ROW.fullmatch, text(ROOT / "docs" / "adr" / "README.md").splitlines()) if row]
    assert [(number, file, told) for number, file, told, _ in listed] == [
        (each.name[:4], each.name, title(each)) for each in DECISIONS
    ]
    assert [f"Status: {told}" for *_, told in listed] == [without_links(status(each)) for each in DECISIONS]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_link_within_the_repository_leads_to_a_file(page: Path) -> None:
    links = LINK.findall(CODE.sub("", FENCE.sub("", text(page))))
    ours = [unquote(link.partition("#")[0]) for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in ours if not (page.parent / link).exists()] == []


def anchors(page: Path) -> set[str]:
    """What a link to a part of a page may name: its headings, as GitHub writes them, and the ids that it sets."""
    told = FENCE.sub("", text(page))
    titles = map(without_links, re.findall(r"^#+ (.+)$", told, re.MULTILINE))
    named = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in titles}
    return named | set(re.findall(r'<a id="([^"]+)">', told))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_link_to_a_part_of_a_page_leads_to_one(page: Path) -> None:
    links = LINK.findall(CODE.sub("", FENCE.sub("", text(page))))
    parts = [link.partition("#") for link in links if re.match(r"(?![a-z]+:)(.*\.md)?#", link)]
    there = [(page.parent / place if place else page, anchor) for place, _, anchor in parts]
    assert [f"{file.name}#{anchor}" for file, anchor in there if anchor not in anchors(file)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_names_files_and_modules_that_there_are(page: Path) -> None:
    told = text(page)
    files = set(FILE.findall(told)) - MADE_BY_THE_WHEEL
    assert sorted(file for file in files if not (ROOT / file).exists()) == []
    assert sorted(name for name in set(MODULE.findall(told)) if not is_module_or_member(name)) == []
