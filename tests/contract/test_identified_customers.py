# SPDX-License-Identifier: Apache-2.0
"""A customer comes back by an identification of its party, wherever it is; nothing of that is kept or told."""

from typing import Any

import httpx
import pytest
from bson import encode
from pymongo import MongoClient

from tests.contract.answers import created, patched, refused
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    REESTABLISH,
    Document,
    Settle,
    begin,
    new_customer,
    party_of,
    read,
    states,
)
from tests.identity_provider import IdentityProvider, bearer

NUMBER, SPELT = "C01X00T47", "c01x-00t47"
PASSPORT = {"identificationType": "passport", "identificationId": NUMBER, "issuingAuthority": "Kreis Aachen"}
STAFF = ("processFlow:create", "customer:read")


def identified(client: httpx.Client, customer: Document, **identification: str) -> Document:
    """The customer, whose party has this identification now."""
    party = {"href": f"/tmf-api/party/v5/individual/{party_of(customer)}"}
    patched(client, party, {"individualIdentification": [{"@type": "IndividualIdentification", **identification}]})
    return customer


def body(**told: str) -> Document:
    listed = [{"name": name, "value": value} for name, value in told.items()]
    return {"processFlowSpecification": REESTABLISH, "characteristic": listed}


def subject(flow: Document) -> list[str]:
    return [each["id"] for each in flow["relatedEntity"]]


def archive(client: httpx.Client, settle: Settle, customer: Document) -> None:
    flow = begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    assert read(client, flow)["state"] == "completed"


def test_a_customer_comes_back_by_an_identification_which_the_flow_does_not_keep(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    customer = identified(client, new_customer(client, status="Suspended"), **PASSPORT)
    told = {**PASSPORT, "identificationType": "Passport ", "identificationId": SPELT, "reason": "Paid"}
    answered = client.post(FLOWS, json=body(**told), headers={"Idempotency-Key": "by-passport"})
    flow = answered.json()
    assert (answered.status_code, subject(flow)) == (201, [customer["id"]]), flow
    assert [each["name"] for each in flow["characteristic"]] == ["reason"]
    settle()
    assert (read(client, flow)["state"], read(client, customer)["status"]) == ("completed", "Active")
    kept = mongo[database_name]
    rows = [*kept["processFlow"].find(), *kept["taskFlow"].find(), *kept["idempotency"].find()]
    assert rows
    assert not [row for row in rows for spelt in (NUMBER, SPELT) if spelt.encode() in encode(row)]
    assert client.post(FLOWS, json=body(**told), headers={"Idempotency-Key": "by-passport"}).json() == flow


def test_an_archived_customer_comes_back_by_what_its_party_had_when_it_left(
    client: httpx.Client, settle: Settle
) -> None:
    customer = identified(client, new_customer(client, status="Terminated", statusReason="customerWish"), **PASSPORT)
    archive(client, settle, customer)
    identified(client, customer, **{**PASSPORT, "identificationId": "C02Y11U58"})
    for other in ({"identificationType": "identityCard"}, {"issuingAuthority": "Stadt Bonn"}):
        assert client.post(FLOWS, json=body(**{**PASSPORT, **other})).status_code == 400
    flow = created(client, FLOWS, body(**{**PASSPORT, "identificationId": "C01X 00T47"}))
    settle()
    assert states(client, flow)["restore"] == "completed"
    assert read(client, customer)["status"] == "Active"


def test_an_archived_customer_is_found_by_what_its_party_has_now(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client, status="Terminated")
    archive(client, settle, customer)
    identified(client, customer, **PASSPORT)
    assert subject(created(client, FLOWS, body(identificationType="passport", identificationId=NUMBER))) == [
        customer["id"]
    ]


def test_no_second_flow_begins_by_an_identification(client: httpx.Client) -> None:
    customer = identified(client, new_customer(client, status="Suspended"), **PASSPORT)
    first = begin(client, REESTABLISH, customer)
    assert first["href"] in refused(client.post(FLOWS, json=body(**PASSPORT)), 409, "69")


@pytest.mark.parametrize(
    ("told", "also", "message"),
    [
        (PASSPORT, {}, "/characteristic are those of no party that is, or was, a customer"),
        ({"identificationId": NUMBER}, {}, "/characteristic should have 'identificationType', too"),
        ({"issuingAuthority": "x"}, {}, "/characteristic should have 'identificationType', too"),
        (
            PASSPORT,
            {"relatedEntity": [{"id": "1", "role": "customer", "@referredType": "Customer"}]},
            "/relatedEntity names the customer, as characteristics do",
        ),
        ({}, {}, "/relatedEntity should have one {id, role: customer, @referredType: Customer} (or no one, and"),
    ],
)
def test_what_does_not_say_who_is_refused(client: httpx.Client, told: Document, also: Document, message: str) -> None:
    answered = client.post(FLOWS, json={**body(**told), **also})
    assert answered.status_code == 400
    assert message in answered.json()["message"]
    assert NUMBER not in answered.text
    assert client.get(FLOWS).json() == []


def test_who_may_not_see_customers_learns_nothing_by_identifications(
    client: httpx.Client, settle: Settle, guarded: str, provider: IdentityProvider
) -> None:
    archived, other = (
        identified(client, new_customer(client, status="Terminated"), **{**PASSPORT, "issuingAuthority": authority})
        for authority in ("Kreis Aachen", "Stadt Bonn")
    )
    known = {name: value for name, value in PASSPORT.items() if name != "issuingAuthority"}
    archive(client, settle, archived)
    with httpx.Client(base_url=guarded) as staff:

        def said(*scopes: str, **told: str) -> httpx.Response:
            return staff.post(FLOWS, json=body(**told), headers=bearer(provider.token(*scopes)))

        for number in (NUMBER, "nobody's"):
            answered = said("processFlow:create", **{**PASSPORT, "identificationId": number})
            assert (answered.status_code, "customer:read" in answered.text) == (403, True)
        several = refused(said(*STAFF, **known), 409, "69")
        assert (other["id"] in several, archived["id"] in several, "1 that you" in several) == (True, False, True)
        assert archived["id"] in refused(said(*STAFF, "archiveBundle:read", **known), 409, "69")
