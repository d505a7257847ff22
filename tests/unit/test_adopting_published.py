# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own documents, where they are at hand: each is adopted, or docs/adopting.md says what of it is not."""

import re
from pathlib import Path

import pytest

from app.apis import Api, Version
from app.composition.api_resources import api_versions
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.settings import Settings
from app.spec.adoption.adopt import adopt
from app.spec.adoption.report import AdoptionError
from tests.specs import SPECS

PAGE = Path(__file__).parents[2] / "docs" / "adopting.md"
PUBLISHED = sorted(path for ending in ("*.swagger.json", "*.oas.yaml") for path in SPECS.rglob(ending))
ROW = re.compile(r"\| (TMF\d{3}) v([\d.]+) \| (.+?) \| (.+?) \|")
NUMBER = re.compile(r"(TMF\d{3})-.*-v([\d.]+)\.(?:swagger\.json|oas\.yaml)")
PATH = re.compile(r"#/paths/([^:]*?)(/put)?$")
REFUSED = "all of it"

pytestmark = pytest.mark.skipif(not PUBLISHED, reason="TMF_SPECS names no folder with TM Forum's documents")


def table() -> dict[tuple[str, str], set[str]]:
    """What the page says is not carried over, by the number and version of a document."""
    return {(number, version): set(left.split(", ")) for number, version, left, _ in ROW.findall(PAGE.read_text())}


def left_out(path: Path) -> set[str]:
    """What of a document is not carried over: paths, with the method where it is but one."""
    try:
        made = adopt(path)
    except AdoptionError:
        return {REFUSED}
    assert not [note for note in made.notes if "not right yet" in note.why]
    found = [PATH.fullmatch(note.pointer) for note in made.notes]
    return {f"`{'PUT ' if each[2] else ''}{each[1].replace('~1', '/')}`" for each in found if each}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_published_document_is_adopted_or_the_page_says_what_is_not(path: Path) -> None:
    named = NUMBER.fullmatch(path.name)
    assert named, "a file is called like TMF620-ProductCatalog-v4.1.0.swagger.json"
    assert left_out(path) == table().get((named[1], named[2]), set())


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_server_starts_with_what_is_adopted(tmp_path: Path, path: Path) -> None:
    try:
        made = adopt(path)
    except AdoptionError:
        pytest.skip("is not adopted")
    (tmp_path / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
    views = {resource: VersionMapping() for resource in made.resources}
    version = Version(made.name, views, tmp_path)
    api = Api(made.name, "", {made.name[-2:]: version}, {resource: Rules() for resource in made.resources})
    (served,) = api_versions(Settings(), (api,))
    assert tuple(served.resources) == made.resources
    assert made == adopt(path)
