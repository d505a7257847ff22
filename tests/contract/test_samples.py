# SPDX-License-Identifier: Apache-2.0
"""Whole resources through the server and back: TM Forum's own samples where they are at hand, and ours always."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, patched, refused, settled
from tests.contract.documents import COLLECTIONS, V4, Collection
from tests.contract.meaning import meaning
from tests.specs import SPECS

TOLD_BY_THE_SERVER = {"id", "href", "lastUpdate"}
FILLED_IN = {"@type", "status", "name", "creationDate", "statusChangeDate"}


def sample(resource: str) -> Path:
    """Where TM Forum's sample of a resource is, when it is there."""
    return SPECS / "samples" / f"{resource}.example.json"


WHOLE = [
    *[pytest.param(each, None, id=f"{each} full") for each in COLLECTIONS],
    *[
        pytest.param(
            each,
            sample(each.resource),
            id=f"{each} sample",
            marks=pytest.mark.skipif(not sample(each.resource).is_file(), reason="TM Forum's samples are not here"),
        )
        for each in V4
        if sample(each.resource).is_file() or not SPECS.is_dir()
    ],
]
EACH = pytest.mark.parametrize(("collection", "file"), WHOLE)


def body_of(collection: Collection, file: Path | None) -> dict[str, Any]:
    """A sample, or the document's full example when there is no file."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file else collection.creates["full"]


def without(names: set[str], body: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a body but for some."""
    return {name: value for name, value in body.items() if name not in names}


@EACH
def test_it_comes_back_with_the_meaning_it_had(client: httpx.Client, collection: Collection, file: Path | None) -> None:
    body = body_of(collection, file)
    shown = created(client, collection.path, body)
    sent, told = (meaning(without(TOLD_BY_THE_SERVER, each)) for each in (body, shown))
    assert without(FILLED_IN - sent.keys(), told) == sent
    assert client.get(shown["href"]).json() == shown


@EACH
def test_it_is_found_by_its_texts(client: httpx.Client, collection: Collection, file: Path | None) -> None:
    created(client, collection.path, collection.creates["minimal"])
    body = body_of(collection, file)
    shown = created(client, collection.path, body)
    texts = {name: value for name, value in body.items() if isinstance(value, str) and name not in TOLD_BY_THE_SERVER}
    assert len(texts) > 3
    assert client.get(collection.path, params=texts).json() == [shown]
    for name, value in texts.items():
        assert shown in client.get(collection.path, params={name: value}).json(), name


@EACH
def test_it_is_patched_and_deleted(client: httpx.Client, collection: Collection, file: Path | None) -> None:
    shown = created(client, collection.path, body_of(collection, file))
    patches = [patch for patch in collection.patches.values() if "status" not in patch]
    assert patches
    for patch in patches:
        after = patched(client, shown, patch)
        assert settled(after) == settled({**shown, **patch})
        shown = after
    assert client.delete(shown["href"]).status_code == 204
    refused(client.get(shown["href"]), 404, "60")
    assert found(client, collection.path, "") == []


@EACH
def test_what_was_answered_can_be_sent_again(client: httpx.Client, collection: Collection, file: Path | None) -> None:
    shown = created(client, collection.path, body_of(collection, file))
    again = created(client, collection.path, without(TOLD_BY_THE_SERVER, shown))
    assert without(TOLD_BY_THE_SERVER, again) == without(TOLD_BY_THE_SERVER, shown)
    assert patched(client, shown, shown) == shown
