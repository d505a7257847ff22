# SPDX-License-Identifier: Apache-2.0
"""What a create makes of a body: what the server owns, what it fills in, what is mandatory, what is kept."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, patched, refused, settled
from tests.contract.bodies import customer, individual, interaction, organization
from tests.contract.documents import COLLECTIONS, EACH_COLLECTION, V4, Collection, each_version_of
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, ORGANIZATION

BLANKS = ["", " ", "\t\n", "\u00a0", "\u2003"]
FULL = [pytest.param(each, each.creates["full"], id=str(each)) for each in COLLECTIONS]


@pytest.mark.parametrize("collection", V4, ids=str)
@pytest.mark.parametrize("id", ["mine", 7, None, {"x": 1}, "../x"])
def test_the_server_gives_id_and_href_itself(client: httpx.Client, collection: Collection, id: object) -> None:
    body = {**collection.creates["minimal"], "id": id, "href": "https://elsewhere.example.com/1"}
    shown = created(client, collection.path, body)
    assert shown["id"] != id
    assert shown["href"] == f"{client.base_url}{collection.path}/{shown['id']}"


@EACH_COLLECTION
def test_type_and_state_are_filled_in(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    assert shown["@type"] == collection.resource
    assert shown[collection.state] == collection.lifecycle["initial"]


@pytest.mark.parametrize(("collection", "body"), FULL)
def test_whatever_was_sent_comes_back(client: httpx.Client, collection: Collection, body: dict[str, Any]) -> None:
    shown = created(client, collection.path, body)
    assert settled(body).items() <= shown.items()
    assert shown.keys() - body.keys() <= {"id", "href", "status", "creationDate", "statusChangeDate", "lastUpdate"}


MANDATORY = [
    (INDIVIDUAL, individual(), "givenName"),
    (INDIVIDUAL, individual(), "familyName"),
    (ORGANIZATION, organization(), "tradingName"),
    (CUSTOMER, customer(), "name"),
    (CUSTOMER, customer(), "engagedParty"),
    (INTERACTION, interaction(), "reason"),
    (INTERACTION, interaction(), "direction"),
    (INTERACTION, interaction(), "channel"),
]


@pytest.mark.parametrize(("path", "body", "name"), MANDATORY)
def test_what_is_mandatory_must_be_there_and_not_null(
    client: httpx.Client, path: str, body: dict[str, Any], name: str
) -> None:
    absent = {other: value for other, value in body.items() if other != name}
    for wrong in (absent, {**body, name: None}):
        assert f"/{name}" in refused(client.post(path, json=wrong), 400, "23")
    assert client.get(path).json() == []


@pytest.mark.parametrize(("path", "body", "name"), [each for each in MANDATORY if isinstance(each[1][each[2]], str)])
@pytest.mark.parametrize("blank", BLANKS)
def test_what_is_mandatory_must_not_be_blank(
    client: httpx.Client, path: str, body: dict[str, Any], name: str, blank: str
) -> None:
    assert f"/{name}" in refused(client.post(path, json={**body, name: blank}), 400, "23")
    shown = created(client, path, body)
    assert f"/{name}" in refused(client.patch(shown["href"], json={name: blank}), 400, "24")


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (CUSTOMER, customer(engagedParty={}), "/engagedParty/id"),
        (CUSTOMER, customer(engagedParty={"id": "1"}), "/engagedParty/@referredType"),
        (CUSTOMER, customer(engagedParty={"id": " ", "@referredType": "Individual"}), "/engagedParty/id"),
        (CUSTOMER, customer(account=[{"id": "1"}]), "/account/0/name"),
        (CUSTOMER, customer(contactMedium=[{"mediumType": "email"}]), "/contactMedium/0/characteristic"),
        (CUSTOMER, customer(characteristic=[{"name": "x", "value": 1}, {"value": 1}]), "/characteristic/1/name"),
        (CUSTOMER, customer(creditProfile=[{"creditScore": 1}]), "/creditProfile/0/"),
        (INDIVIDUAL, individual(partyCharacteristic=[{"name": "x"}]), "/partyCharacteristic/0/value"),
        (INDIVIDUAL, individual(relatedParty=[{"id": None, "@referredType": "x"}]), "/relatedParty/0/id"),
        (INTERACTION, interaction(channel=[{}]), "/channel/0/id"),
        (INTERACTION, interaction(interactionItem=[{"item": {"id": "1"}}]), "/interactionItem/0/item/role"),
    ],
)
def test_what_is_mandatory_within_is_named_by_its_place(
    client: httpx.Client, path: str, body: dict[str, Any], place: str
) -> None:
    assert place in refused(client.post(path, json=body), 400, "23")


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (INDIVIDUAL, individual(title=7), "/title"),
        (INDIVIDUAL, individual(givenName=["N"]), "/givenName"),
        (INDIVIDUAL, individual(contactMedium={}), "/contactMedium"),
        (INDIVIDUAL, individual(creditRating=[{"ratingScore": "high"}]), "/creditRating/0/ratingScore"),
        (INDIVIDUAL, individual(creditRating=[{"ratingScore": 7.5}]), "/creditRating/0/ratingScore"),
        (
            INDIVIDUAL,
            individual(languageAbility=[{"isFavouriteLanguage": "true"}]),
            "/languageAbility/0/isFavouriteLanguage",
        ),
        (INDIVIDUAL, individual(contactMedium=[{"characteristic": {"emailAddress": "no at"}}]), "emailAddress"),
        (INDIVIDUAL, individual(**{"@schemaLocation": "not a uri"}), "/@schemaLocation"),
        (ORGANIZATION, organization(isHeadOffice=1), "/isHeadOffice"),
        (ORGANIZATION, organization(organizationParentRelationship=[]), "/organizationParentRelationship"),
        (CUSTOMER, customer(engagedParty="7301"), "/engagedParty"),
        (INTERACTION, interaction(channel=[]), "/channel"),
        (INTERACTION, interaction(channel={"id": "x"}), "/channel"),
    ],
)
def test_what_has_the_wrong_type_or_format_is_named_by_its_place(
    client: httpx.Client, path: str, body: dict[str, Any], place: str
) -> None:
    assert place in refused(client.post(path, json=body), 400, "24")


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (INDIVIDUAL, individual(), "Organization"),
        (INDIVIDUAL, individual(), "customer"),
        (ORGANIZATION, organization(), "Individual"),
        (CUSTOMER, customer(), "PartyRef"),
        (INTERACTION, interaction(), "Customer"),
    ],
)
def test_a_resource_of_another_collection_is_refused(
    client: httpx.Client, path: str, body: dict[str, Any], kind: str
) -> None:
    assert "/@type" in refused(client.post(path, json={**body, "@type": kind}), 400, "24")


def test_a_class_of_the_clients_own_is_kept(client: httpx.Client) -> None:
    own = {"@type": "Seafarer", "@baseType": "Individual", "@schemaLocation": "https://example.com/seafarer.json"}
    shown = created(client, INDIVIDUAL, individual(**own, rank="mate"))
    assert own.items() <= shown.items()
    assert shown["rank"] == "mate"


OPEN = {
    "nested": {"a": {"b": [{"c": 1}, [2, [3]], None, "x"]}},
    "ünïcødé 😀": "😀",
    "dots.in.names": {"a.b": {"c.d": 1}, ".": 2},
    "empty": {"": "", "list": [], "object": {}},
    "0": {"1": 2},
    "name with $ and _v4": {"x$": 1},
}


@EACH_COLLECTION
def test_attributes_that_no_schema_knows_are_kept(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, {**collection.creates["full"], **OPEN})
    assert OPEN.items() <= shown.items()
    assert OPEN.items() <= patched(client, shown, {"another": 1}).items()
    assert [settled(item) for item in client.get(collection.path).json()] == [settled({**shown, "another": 1})]


def test_unknown_attributes_within_declared_ones_are_kept(client: httpx.Client) -> None:
    medium = {"mediumType": "email", "characteristic": {"emailAddress": "a@b.c", **OPEN}, **OPEN}
    party = {"id": "1", "@referredType": "Individual", **OPEN}
    shown = created(client, INDIVIDUAL, individual(contactMedium=[medium], relatedParty=[party]))
    assert (shown["contactMedium"], shown["relatedParty"]) == ([medium], [party])


def test_an_organization_gets_the_name_it_was_not_given(client: httpx.Client) -> None:
    assert created(client, ORGANIZATION, organization())["name"] == "Delta Shipping"
    assert created(client, ORGANIZATION, organization(name="Delta"))["name"] == "Delta"


def test_an_interaction_is_recorded_when_it_arrives_unless_it_says_when(client: httpx.Client) -> None:
    shown = created(client, INTERACTION, interaction())
    assert shown["creationDate"] == shown["statusChangeDate"]
    said = {"creationDate": "2020-01-01T00:00:00Z", "statusChangeDate": "2020-01-02T00:00:00Z"}
    assert said.items() <= created(client, INTERACTION, interaction(**said)).items()


@each_version_of("Individual")
def test_a_null_in_a_create_is_absence(client: httpx.Client, path: str) -> None:
    sent = {"@type": "Individual", "givenName": "L", "familyName": "L", "title": None, "birthDate": None, "other": None}
    shown = created(client, path, {**sent, "disability": [{"disabilityCode": "1", "disabilityName": None}]})
    assert shown["disability"] == [{"disabilityCode": "1"}]
    assert {name for name, value in sent.items() if value is None}.isdisjoint(shown)
