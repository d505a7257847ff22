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
from tests.serving import free_port, serving
from tests.supplier_api import FOLDER, SUPPLIER, SUPPLIERS

CUSTOMERS = {version: f"/tmf-api/customerManagement/{version}/customer" for version in ("v4", "v5")}
PARTY = {"v4": {"id": "7301", "@referredType": "Dealer"}, "v5": {"@type": "PartyRef", "id": "7301"}}


@pytest.fixture
def own(settings: Settings, clean_database: str) -> Iterator[httpx.Client]:
    """A client of a server that has the API, too, and checks references as strictly as it can."""
    with (
        serving(replace(settings, port=free_port(), references="strict"), (*APIS, SUPPLIER)) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def created(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_its_document_is_without_problems() -> None:
    assert problems(bundle("supplier-v4", FOLDER)) == []


def test_it_is_created_read_found_changed_and_deleted(own: httpx.Client) -> None:
    party = created(own, "/tmf-api/party/v4/organization", {"tradingName": "North"})
    body = {
        "name": "Cables North",
        "engagedParty": {"id": party["id"], "href": party["href"], "@referredType": "Organization"},
        "rating": {"name": "gold"},
    }
    supplier = created(own, SUPPLIERS, body)
    assert (supplier["status"], supplier["rating"]) == ("initialized", {"name": "gold"})
    assert own.get(supplier["href"]).json() == supplier
    assert [each["id"] for each in own.get(SUPPLIERS, params={"engagedParty.id": party["id"]}).json()] == [
        supplier["id"]
    ]
    assert own.patch(supplier["href"], json={"status": "ended"}).status_code == 409
    assert own.patch(supplier["href"], json={"status": "active"}).json()["status"] == "active"

    refused = own.delete(party["href"])
    assert (refused.status_code, f"Supplier {supplier['id']}" in refused.json()["message"]) == (409, True)
    assert own.delete(supplier["href"]).status_code == 204
    assert own.get(supplier["href"]).status_code == 404
    assert own.delete(party["href"]).status_code == 204


def test_its_events_have_a_hub_and_a_topic(own: httpx.Client) -> None:
    hub = {"callback": "https://listener.example.com/", "query": "eventType=SupplierStateChangeEvent"}
    assert own.post("/tmf-api/supplierManagement/v4/hub", json=hub).status_code == 201
    assert "supplier-v4" in [topic["id"] for topic in own.get("/tmf-api/event/v4/topic").json()]
    document = own.get("/tmf-api/supplierManagement/v4/openapi.json").json()
    assert "SupplierStateChangeEvent" in document["paths"]["/hub"]["post"]["callbacks"]


@pytest.mark.parametrize("version", CUSTOMERS)
def test_a_class_and_a_type_that_it_shares_with_others_mean_to_them_what_they_did(
    own: httpx.Client, version: str
) -> None:
    for name in ("Supplier", "PartyRole"):
        reference: dict[str, Any] = {"id": "nowhere", "@referredType": name}
        in_full = {"@type": "RelatedPartyOrPartyRole", "partyOrPartyRole": {"@type": "PartyRoleRef", **reference}}
        related = {**(reference if version == "v4" else in_full), "role": "x"}
        body = {"@type": name, "name": "Delta", "engagedParty": PARTY[version], "relatedParty": [related]}
        assert created(own, CUSTOMERS[version], body)["@type"] == name


@pytest.mark.parametrize("version", CUSTOMERS)
def test_a_reference_to_it_is_shown_with_a_url_where_it_is_by_every_version(own: httpx.Client, version: str) -> None:
    supplier = created(own, SUPPLIERS, {"name": "Cables", "engagedParty": PARTY["v4"]})
    customer = created(
        own,
        CUSTOMERS[version],
        {
            "@type": "Customer",
            "name": "Delta",
            "engagedParty": {**PARTY[version], "href": supplier["href"], "id": supplier["id"]},
        },
    )
    for path in CUSTOMERS.values():
        assert own.get(f"{path}/{customer['id']}").json()["engagedParty"]["href"] == supplier["href"]


def test_the_server_keeps_no_collection_whose_name_a_resource_could_take(
    own: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    created(own, SUPPLIERS, {"name": "Cables", "engagedParty": PARTY["v4"]})
    resources = {lower_camel(name) for api in (*APIS, SUPPLIER) for name in api.rules}
    assert set(mongo[database_name].list_collection_names(filter={"type": "collection"})) <= RESERVED | resources
