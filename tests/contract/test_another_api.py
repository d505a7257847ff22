# SPDX-License-Identifier: Apache-2.0
"""One API more, of one version: it is served from its document, and changes nothing that another one answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.apis import APIS
from app.domain.events import lower_camel
from app.settings import Settings
from app.spec.bundle import bundle
from app.spec.lint import problems
from app.storage.reserved_collections import RESERVED
from tests.role_api import FOLDER, PARTY_ROLE, ROLES
from tests.serving import free_port, serving

CUSTOMERS = {version: f"/tmf-api/customerManagement/{version}/customer" for version in ("v4", "v5")}
PARTY = {"v4": {"id": "7301", "@referredType": "Dealer"}, "v5": {"@type": "PartyRef", "id": "7301"}}


@pytest.fixture
def roles(settings: Settings, clean_database: str) -> Iterator[httpx.Client]:
    """A client of a server that has the API, too, and checks references as strictly as it can."""
    with (
        serving(replace(settings, port=free_port(), references="strict"), (*APIS, PARTY_ROLE)) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def created(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_its_document_is_without_problems() -> None:
    assert problems(bundle("party-role-v4", FOLDER)) == []


def test_it_is_created_read_found_changed_and_deleted(roles: httpx.Client) -> None:
    party = created(roles, "/tmf-api/party/v4/organization", {"tradingName": "North"})
    body = {
        "name": "Dealer North",
        "engagedParty": {"id": party["id"], "href": party["href"], "@referredType": "Organization"},
        "roleType": {"name": "dealer"},
    }
    role = created(roles, ROLES, body)
    assert (role["status"], role["roleType"]) == ("initialized", {"name": "dealer"})
    assert roles.get(role["href"]).json() == role
    assert [each["id"] for each in roles.get(ROLES, params={"engagedParty.id": party["id"]}).json()] == [role["id"]]
    assert roles.patch(role["href"], json={"status": "ended"}).status_code == 409
    assert roles.patch(role["href"], json={"status": "active"}).json()["status"] == "active"

    refused = roles.delete(party["href"])
    assert (refused.status_code, f"PartyRole {role['id']}" in refused.json()["message"]) == (409, True)
    assert roles.delete(role["href"]).status_code == 204
    assert roles.get(role["href"]).status_code == 404
    assert roles.delete(party["href"]).status_code == 204


def test_its_events_have_a_hub_and_a_topic(roles: httpx.Client) -> None:
    hub = {"callback": "https://listener.example.com/", "query": "eventType=PartyRoleStateChangeEvent"}
    assert roles.post("/tmf-api/partyRoleManagement/v4/hub", json=hub).status_code == 201
    assert "party-role-v4" in [topic["id"] for topic in roles.get("/tmf-api/event/v4/topic").json()]
    document = roles.get("/tmf-api/partyRoleManagement/v4/openapi.json").json()
    assert "PartyRoleStateChangeEvent" in document["paths"]["/hub"]["post"]["callbacks"]


@pytest.mark.parametrize("version", CUSTOMERS)
def test_a_class_and_a_type_that_it_shares_with_others_mean_to_them_what_they_did(
    roles: httpx.Client, version: str
) -> None:
    role = {
        "@type": "RelatedPartyOrPartyRole",
        "role": "x",
        "partyOrPartyRole": {"@type": "PartyRoleRef", "id": "nowhere", "@referredType": "PartyRole"},
    }
    related = {"v4": {"id": "nowhere", "role": "x", "@referredType": "PartyRole"}, "v5": role}
    body = {"@type": "PartyRole", "name": "Delta", "engagedParty": PARTY[version], "relatedParty": [related[version]]}
    assert created(roles, CUSTOMERS[version], body)["@type"] == "PartyRole"


@pytest.mark.parametrize("version", CUSTOMERS)
def test_a_reference_to_it_is_shown_with_a_url_where_it_is_by_every_version(roles: httpx.Client, version: str) -> None:
    role = created(roles, ROLES, {"name": "Dealer", "engagedParty": PARTY["v4"]})
    customer = created(
        roles,
        CUSTOMERS[version],
        {
            "@type": "Customer",
            "name": "Delta",
            "engagedParty": {**PARTY[version], "href": role["href"], "id": role["id"]},
        },
    )
    for path in CUSTOMERS.values():
        assert roles.get(f"{path}/{customer['id']}").json()["engagedParty"]["href"] == role["href"]


def test_the_server_keeps_no_collection_whose_name_a_resource_could_take(
    roles: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    created(roles, ROLES, {"name": "Dealer", "engagedParty": PARTY["v4"]})
    resources = {lower_camel(name) for api in (*APIS, PARTY_ROLE) for name in api.rules}
    assert set(mongo[database_name].list_collection_names(filter={"type": "collection"})) <= RESERVED | resources
