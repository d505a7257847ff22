# SPDX-License-Identifier: Apache-2.0
"""Every example of every document, from its create to its end."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, patched, refused, settled
from tests.contract.documents import COLLECTIONS, EACH_COLLECTION, Collection, base_path, violations

Document = dict[str, Any]

CREATES = [pytest.param(each, name, id=f"{each} {name}") for each in COLLECTIONS for name in each.creates]
PATCHES = [
    pytest.param(each, name, patch, media_type, id=f"{each} {name} {patch} {media_type}")
    for each in COLLECTIONS
    for name in each.creates
    for patch in each.patches
    for media_type in ("application/json", "application/merge-patch+json")
]


def served(client: httpx.Client, collection: Collection) -> Document:
    """The document as the server publishes it."""
    return dict(client.get(f"{base_path(collection.document)}/openapi.json").json())


@pytest.mark.parametrize(("collection", "name"), CREATES)
def test_an_example_is_created_and_found_again(client: httpx.Client, collection: Collection, name: str) -> None:
    document = served(client, collection)
    answer = client.post(collection.path, json=collection.creates[name])
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert violations(document, collection.template, "post", 201, shown) == []
    assert answer.headers["location"] == shown["href"] == f"{client.base_url}{collection.path}/{shown['id']}"

    one = client.get(shown["href"])
    assert (one.status_code, one.json()) == (200, shown)
    assert violations(document, f"{collection.template}/{{id}}", "get", 200, one.json()) == []


@pytest.mark.parametrize(("collection", "name"), CREATES)
def test_an_example_is_in_the_list_under_its_id_and_its_href(
    client: httpx.Client, collection: Collection, name: str
) -> None:
    shown, other = (created(client, collection.path, collection.creates[name]) for _ in range(2))
    listed = client.get(collection.path)
    assert (listed.status_code, listed.json()) == (200, [shown, other])
    assert (listed.headers["x-total-count"], listed.headers["x-result-count"]) == ("2", "2")
    assert violations(served(client, collection), collection.template, "get", 200, listed.json()) == []
    assert found(client, collection.path, f"id={shown['id']}") == [shown["id"]]
    assert found(client, collection.path, f"href={shown['href']}") == [shown["id"]]


@pytest.mark.parametrize(("collection", "name", "patch", "media_type"), PATCHES)
def test_an_example_patch_changes_what_it_names_and_nothing_else(
    client: httpx.Client, collection: Collection, name: str, patch: str, media_type: str
) -> None:
    before = created(client, collection.path, collection.creates[name])
    body = collection.patches[patch]
    answer = client.patch(before["href"], content=json.dumps(body), headers={"content-type": media_type})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    item = f"{collection.template}/{{id}}"
    assert violations(served(client, collection), item, "patch", 200, after) == []
    follows = collection.lifecycle.get("changed") if "status" in body else None
    assert settled({**before, **body}) == settled({**after, **({follows: before[follows]} if follows else {})})
    assert client.get(before["href"]).json() == after


@pytest.mark.parametrize(("collection", "name"), CREATES)
def test_a_deleted_example_is_gone_for_every_verb(client: httpx.Client, collection: Collection, name: str) -> None:
    kept, gone = (created(client, collection.path, collection.creates[name]) for _ in range(2))
    answer = client.delete(gone["href"])
    assert (answer.status_code, answer.content) == (204, b"")
    for again in (client.get(gone["href"]), client.patch(gone["href"], json={}), client.delete(gone["href"])):
        assert gone["id"] in refused(again, 404, "60")
    assert client.get(collection.path).json() == [kept]


@pytest.mark.parametrize(("collection", "name"), CREATES)
def test_a_body_sent_twice_makes_two_resources(client: httpx.Client, collection: Collection, name: str) -> None:
    first, second = (created(client, collection.path, collection.creates[name]) for _ in range(2))
    assert first["id"] != second["id"]
    assert client.get(first["href"]).json() == first
    assert client.get(second["href"]).json() == second


@EACH_COLLECTION
def test_every_mandatory_attribute_is_in_every_element_of_a_list(client: httpx.Client, collection: Collection) -> None:
    for body in collection.creates.values():
        created(client, collection.path, body)
    listed = client.get(collection.path).json()
    assert len(listed) == len(collection.creates)
    assert all(collection.mandatory <= item.keys() for item in listed)


@EACH_COLLECTION
def test_patches_made_one_after_another_all_hold(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    for patch in collection.patches.values():
        shown = patched(client, shown, patch)
        assert patch.items() <= shown.items()
