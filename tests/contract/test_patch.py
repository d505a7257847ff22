# SPDX-License-Identifier: Apache-2.0
"""Partial updates: what they change, what they leave, what they may not touch, and who wins when many patch at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, patched, refused, settled
from tests.contract.bodies import customer, individual, interaction
from tests.contract.conftest import Stored
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION

PARTY = {"id": "1", "name": "A", "role": "x", "@referredType": "Individual"}


@EACH_COLLECTION
def test_a_patch_that_changes_nothing_writes_nothing(
    client: httpx.Client, stored: Stored, collection: Collection
) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    kept = collection.kept_in
    before = stored(kept, shown["id"])
    for patch in ({}, shown, collection.creates["full"], {"nothing": None}):
        assert patched(client, shown, patch) == shown
    assert stored(kept, shown["id"]) == before


@EACH_COLLECTION
def test_each_change_is_one_revision_with_one_pending_change(
    client: httpx.Client, stored: Stored, collection: Collection
) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    for number in range(3):
        patched(client, shown, {"x": number})
    envelope = stored(collection.kept_in, shown["id"])
    assert envelope["revision"] == 4
    assert [change["revision"] for change in envelope["pending"]] == [1, 2, 3, 4]
    assert [[event["kind"] for event in change["events"]] for change in envelope["pending"]] == [
        ["Create"],
        *[["AttributeValueChange"]] * 3,
    ]


@pytest.mark.parametrize(
    "members", [[], [PARTY], [{**PARTY, "id": "2"}, PARTY], [{"id": "3", "@referredType": "Party"}]]
)
def test_an_array_in_a_patch_replaces_the_whole_array(client: httpx.Client, members: list[Any]) -> None:
    shown = created(client, INDIVIDUAL, individual(relatedParty=[PARTY, {**PARTY, "id": "9"}]))
    assert patched(client, shown, {"relatedParty": members}) == {**shown, "relatedParty": members}
    assert client.get(shown["href"]).json()["relatedParty"] == members


@EACH_COLLECTION
def test_a_patch_of_one_attribute_leaves_every_array_as_it_was(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    assert settled(patched(client, shown, {"x": 1})) == settled({**shown, "x": 1})


def test_objects_merge_and_null_removes(client: httpx.Client) -> None:
    body = customer(validFor={"startDateTime": "2024-01-01T00:00:00Z"}, statusReason="new", x={"a": 1, "b": {"c": 2}})
    shown = created(client, CUSTOMER, body)
    patch = {
        "validFor": {"endDateTime": "2025-01-01T00:00:00Z"},
        "engagedParty": {"name": "Delta"},
        "statusReason": None,
        "x": {"a": None, "b": {"d": 3}},
    }
    after = patched(client, shown, patch)
    assert after["validFor"] == {"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": "2025-01-01T00:00:00Z"}
    assert after["engagedParty"] == {**body["engagedParty"], "name": "Delta"}
    assert after["x"] == {"b": {"c": 2, "d": 3}}
    assert "statusReason" not in after
    assert "validFor" not in patched(client, shown, {"validFor": None})


@EACH_COLLECTION
def test_what_is_mandatory_may_not_be_removed(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    for name in sorted({*collection.mandatory, collection.state}):
        assert name in refused(client.patch(shown["href"], json={name: None}), 400, "24")
    assert client.get(shown["href"]).json() == shown


@pytest.mark.parametrize(
    ("path", "body", "patch", "place"),
    [
        (CUSTOMER, customer(), {"engagedParty": {"id": None}}, "/engagedParty/id"),
        (CUSTOMER, customer(), {"engagedParty": {"@referredType": " "}}, "/engagedParty/@referredType"),
        (CUSTOMER, customer(), {"account": [{"id": "1"}]}, "/account/0/name"),
        (CUSTOMER, customer(), {"engagedParty": "7301"}, "/engagedParty"),
        (INDIVIDUAL, individual(), {"title": 7}, "/title"),
        (INDIVIDUAL, individual(), {"contactMedium": [{"preferred": None}]}, "/contactMedium/0/preferred"),
        (INTERACTION, interaction(), {"channel": [{"name": "x"}]}, "/channel/0/id"),
    ],
)
def test_the_result_of_the_merge_is_what_must_be_valid(
    client: httpx.Client, path: str, body: Any, patch: Any, place: str
) -> None:
    shown = created(client, path, body)
    assert place in refused(client.patch(shown["href"], json=patch), 400, "24")
    assert client.get(shown["href"]).json() == shown


@EACH_COLLECTION
@pytest.mark.parametrize("name", ["id", "href", "@type", "@baseType", "@schemaLocation"])
def test_what_no_patch_may_change_may_be_sent_as_it_is(client: httpx.Client, collection: Collection, name: str) -> None:
    told = {"@baseType": "Base", "@schemaLocation": "https://example.com/schema.json"}
    shown = created(client, collection.path, {**collection.creates["minimal"], **told})
    assert patched(client, shown, {name: shown[name]}) == shown
    for other in ("https://example.com/other", None):
        assert f"/{name}" in refused(client.patch(shown["href"], json={name: other}), 400, "24")


@pytest.mark.parametrize(("name", "other"), [("direction", "outbound"), ("creationDate", "2020-01-01T00:00:00Z")])
def test_what_an_interaction_was_from_the_start_stays(client: httpx.Client, name: str, other: str) -> None:
    shown = created(client, INTERACTION, interaction())
    assert patched(client, shown, {name: shown[name]}) == shown
    for wrong in (other, None, "", 7):
        assert f"/{name}" in refused(client.patch(shown["href"], json={name: wrong}), 400, "24")


def test_the_date_of_a_state_follows_the_state(client: httpx.Client) -> None:
    before = created(client, INTERACTION, interaction(statusChangeDate="2020-01-01T00:00:00Z"))
    assert patched(client, before, {"reason": "Another"})["statusChangeDate"] == before["statusChangeDate"]
    after = patched(client, before, {"status": "completed"})
    assert after["statusChangeDate"] > before["statusChangeDate"]
    assert after["creationDate"] == before["creationDate"]


@EACH_COLLECTION
def test_patches_of_different_attributes_at_once_all_land(
    client: httpx.Client, stored: Stored, collection: Collection
) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    patches = [{f"x{number}": number} for number in range(8)]
    with ThreadPoolExecutor(len(patches)) as threads:
        answers = list(threads.map(lambda patch: client.patch(shown["href"], json=patch), patches))
    assert [answer.status_code for answer in answers] == [200] * len(patches)
    after = client.get(shown["href"]).json()
    assert all(patch.items() <= after.items() for patch in patches)
    envelope = stored(collection.kept_in, shown["id"])
    assert envelope["revision"] == len(envelope["pending"]) == 1 + len(patches)


def test_of_many_deletes_at_once_one_wins(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual())
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: client.delete(shown["href"]), range(6)))
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 5]
