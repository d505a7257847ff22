# SPDX-License-Identifier: Apache-2.0
"""What version 5 demands and offers beyond version 4: classes that decide, and ids of the client's own."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, patched, refused
from tests.contract.documents import COLLECTIONS, HUBS, V4, V5, Collection
from tests.paths import INDIVIDUAL_V5

EACH = pytest.mark.parametrize("collection", V5, ids=str)
EMBEDDING = pytest.mark.parametrize(
    "collection", [each for each in V5 if each.declares("relatedParty.partyOrPartyRole.givenName")], ids=str
)
"""The collections of resources that may hold a related party in full."""
PARTY = {"@type": "PartyRef", "id": "4188", "@referredType": "Individual"}


def related(party: Any) -> dict[str, Any]:
    """A body's party or party role."""
    return {"relatedParty": [{"@type": "RelatedPartyOrPartyRole", "role": "contact", "partyOrPartyRole": party}]}


@EACH
@pytest.mark.parametrize("wrong", [{}, {"@type": None}, {"@type": ""}, {"@type": " "}])
def test_a_create_names_its_class(client: httpx.Client, collection: Collection, wrong: dict[str, Any]) -> None:
    body = {name: value for name, value in collection.creates["minimal"].items() if name != "@type"}
    assert "/@type" in refused(client.post(collection.path, json={**body, **wrong}), 400, "23")
    assert found(client, collection.path, "") == []


@EACH
def test_a_class_of_the_clients_own_is_kept(client: httpx.Client, collection: Collection) -> None:
    own = {"@type": "Own", "@baseType": collection.resource, "@schemaLocation": "https://example.com/own.json"}
    shown = created(client, collection.path, {**collection.creates["minimal"], **own})
    assert own.items() <= shown.items()
    assert client.get(shown["href"]).json() == shown


@EACH
def test_a_merge_patch_needs_no_class(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    assert patched(client, shown, {"remark": "x"})["@type"] == shown["@type"]


@pytest.mark.parametrize("hub", HUBS)
def test_a_registration_needs_no_class(client: httpx.Client, hub: str) -> None:
    assert client.post(hub, json={"callback": "https://listener.example.com"}).status_code == 201


@EMBEDDING
def test_a_member_of_a_union_may_be_of_a_class_that_no_schema_knows(
    client: httpx.Client, collection: Collection
) -> None:
    party = {"@type": "Guild", "members": 40, "x": {"y": [1]}}
    shown = created(client, collection.path, {**collection.creates["minimal"], **related(party)})
    assert shown["relatedParty"][0]["partyOrPartyRole"] == party
    assert client.get(shown["href"]).json() == shown


@EMBEDDING
@pytest.mark.parametrize(
    ("party", "code", "place"),
    [
        ({"id": "4188"}, "23", "/relatedParty/0/partyOrPartyRole/@type"),
        ({**PARTY, "id": 7}, "24", "/relatedParty/0/partyOrPartyRole/id"),
        ({**PARTY, "@type": 7}, "24", "/relatedParty/0/partyOrPartyRole/@type"),
        ({"@type": "Individual", "givenName": 7}, "24", "/relatedParty/0/partyOrPartyRole/givenName"),
        ("4188", "24", "/relatedParty/0/partyOrPartyRole"),
    ],
)
def test_a_wrong_member_of_a_union_is_named_by_its_place(
    client: httpx.Client, collection: Collection, party: Any, code: str, place: str
) -> None:
    body = {**collection.creates["minimal"], **related(party)}
    assert place in refused(client.post(collection.path, json=body), 400, code)
    shown = created(client, collection.path, collection.creates["minimal"])
    assert place in refused(client.patch(shown["href"], json=related(party)), 400, "24")
    assert client.get(shown["href"]).json() == shown


@EMBEDDING
def test_a_reference_names_what_it_refers_to(client: httpx.Client, collection: Collection) -> None:
    body = {**collection.creates["minimal"], **related({"@type": "PartyRef"})}
    assert "/relatedParty/0/partyOrPartyRole/id" in refused(client.post(collection.path, json=body), 400, "23")


@pytest.mark.parametrize("collection", [each for each in COLLECTIONS if each.resource == "PartyInteraction"], ids=str)
def test_the_last_update_is_the_servers_word(client: httpx.Client, collection: Collection) -> None:
    claimed = {"lastUpdate": "2001-01-01T00:00:00Z"}
    shown = created(client, collection.path, {**collection.creates["minimal"], **claimed})
    assert shown["lastUpdate"] == shown["creationDate"]
    assert patched(client, shown, claimed) == patched(client, shown, {"lastUpdate": None}) == shown
    after = patched(client, shown, {**claimed, "remark": "x"})
    assert after["lastUpdate"] != shown["lastUpdate"]
    assert after["creationDate"] == shown["creationDate"]
    new = next(each for each in V5 if each.resource == collection.resource)
    assert found(client, new.path, f"lastUpdate={after['lastUpdate']}") == [shown["id"]]
    assert found(client, new.path, f"lastUpdate={claimed['lastUpdate']}") == []


OWN_IDS = ["mine", "7301", "a.b", "a,b", "a;b=c", "ünï-çødé", "50%", "%2F", "a+b", "$where", "{id}", "x" * 200, "..."]


@EACH
@pytest.mark.parametrize("id", OWN_IDS)
def test_an_id_of_the_clients_own_is_kept(client: httpx.Client, collection: Collection, id: str) -> None:
    body = {**collection.creates["minimal"], "id": id}
    answer = client.post(collection.path, json=body)
    shown = answer.json()
    assert (answer.status_code, shown["id"], answer.headers["Location"]) == (201, id, shown["href"])
    assert client.get(shown["href"]).json() == shown
    assert client.get(collection.path, params={"href": shown["href"]}).json() == [shown]
    assert patched(client, shown, {"remark": "x"})["id"] == id
    assert client.delete(shown["href"]).status_code == 204
    assert created(client, collection.path, body)["id"] == id


@EACH
def test_an_id_that_is_taken_is_a_conflict_and_overwrites_nothing(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, {**collection.creates["full"], "id": "mine"})
    again = {**collection.creates["minimal"], "id": "mine", "remark": "x"}
    assert "mine" in refused(client.post(collection.path, json=again), 409, "69")
    assert client.get(collection.path).json() == [shown]
    for old in (each for each in V4 if each.resource == collection.resource):
        assert created(client, old.path, {**old.creates["minimal"], "id": "mine"})["id"] != "mine"


@EACH
@pytest.mark.parametrize(
    "id", ["", " ", "a b", "a/b", "../x", ".", "..", "a?b", "a#b", "a\x00b", "\x7f", "x" * 201, 7, ["x"]]
)
def test_an_id_that_would_not_do_in_an_address_is_refused(
    client: httpx.Client, collection: Collection, id: object
) -> None:
    assert "/id" in refused(client.post(collection.path, json={**collection.creates["minimal"], "id": id}), 400, "24")
    assert found(client, collection.path, "") == []


def test_a_member_is_not_taken_for_the_one_that_v4_calls_by_its_name(client: httpx.Client) -> None:
    body = {"@type": "Individual", "givenName": "Ngozi", "familyName": "Okafor", "fullName": "Ngozi Okafor"}
    shown = created(client, INDIVIDUAL_V5, body)
    assert (shown["fullName"], "name" in shown) == ("Ngozi Okafor", False)
    after = patched(client, shown, {"name": "Ngozi Okafor-Visser"})
    assert (after["name"], after["fullName"]) == ("Ngozi Okafor-Visser", "Ngozi Okafor")
    assert client.get(shown["href"].replace("v5", "v4")).json()["fullName"] == "Ngozi Okafor-Visser"
    after = patched(client, shown, {"fullName": None})
    assert (after["name"], "fullName" in after) == ("Ngozi Okafor-Visser", False)
