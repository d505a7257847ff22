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
from tests.published import ADOPTED, PUBLISHED, REFUSED, not_carried_over

PATH = re.compile(r"#/paths/([^:]*?)(/put)?$")

pytestmark = pytest.mark.skipif(not PUBLISHED, reason="TMF_SPECS names no folder with TM Forum's documents")


def left_out(path: Path) -> set[str]:
    """What of a document is not carried over: paths, with the method where it is but one."""
    try:
        made = adopt(path)
    except AdoptionError:
        return REFUSED
    assert not [note for note in made.notes if "not right yet" in note.why]
    found = [PATH.fullmatch(note.pointer) for note in made.notes]
    return {f"`{'PUT ' if each[2] else ''}{each[1].replace('~1', '/')}`" for each in found if each}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_a_published_document_is_adopted_or_the_page_says_what_is_not(path: Path) -> None:
    assert left_out(path) == not_carried_over(path)


@pytest.mark.parametrize("path", ADOPTED, ids=lambda path: path.name)
def test_a_server_starts_with_what_is_adopted(tmp_path: Path, path: Path) -> None:
    made = adopt(path)
    (tmp_path / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
    views = {resource: VersionMapping() for resource in made.resources}
    version = Version(made.name, views, tmp_path)
    api = Api(made.name, "", {made.name[-2:]: version}, {resource: Rules() for resource in made.resources})
    (served,) = api_versions(Settings(), (api,))
    assert tuple(served.resources) == made.resources
    assert made == adopt(path)
