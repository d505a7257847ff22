# SPDX-License-Identifier: Apache-2.0
"""Establish Customer Relationship (eTOM 1.3.4): a prospect becomes a customer once."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.performing import (
    CUSTOMERS,
    ESTABLISH,
    FLOWS,
    INDIVIDUALS,
    Document,
    Performer,
    new_customer,
    read,
    tasks,
    values,
)

PASSPORT = {"@type": "IndividualIdentification", "identificationType": "passport", "identificationId": "X 123"}
ANN = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "individualIdentification": [PASSPORT]}


def body(party: Any = None, prospect: str = "", name: str = "Ann") -> Document:
    told = {"name": name, **({"party": party} if party else {})}
    related = [{"id": prospect, "role": "prospect", "@referredType": "Individual"}] if prospect else []
    return {
        "processFlowSpecification": ESTABLISH,
        "characteristic": [{"name": name, "value": value} for name, value in told.items()],
        "relatedParty": related,
    }


def customer_of(client: httpx.Client, flow: Document) -> Document:
    (about,) = read(client, flow)["relatedEntity"]
    assert (about["role"], about["@referredType"]) == ("customer", "Customer")
    return read(client, about)


def test_a_prospect_with_a_new_party_becomes_an_active_customer(client: httpx.Client, perform: Performer) -> None:
    flow = created(client, FLOWS, body(ANN))
    perform()
    assert read(client, flow)["state"] == "completed"
    customer = customer_of(client, flow)
    party = read(client, {"href": f"/tmf-api/party/v5/individual/{customer['engagedParty']['id']}"})
    assert (customer["status"], customer["name"], party["familyName"]) == ("Active", "Ann", "Lee")
    assert customer["validFor"]["startDateTime"]


def test_the_party_with_the_same_identifier_is_found_and_is_no_second_customer(
    client: httpx.Client, perform: Performer
) -> None:
    first = created(client, FLOWS, body(ANN))
    perform()
    again = {**ANN, "givenName": "Anne", "individualIdentification": [{**PASSPORT, "identificationType": "Passport"}]}
    second = created(client, FLOWS, body(again))
    perform()
    assert len(client.get(INDIVIDUALS).json()) == 1
    assert read(client, second)["state"] == "cancelled"
    reason = values(tasks(client, second)["customer"])["reason"]
    assert reason.endswith(f"is the customer {customer_of(client, first)['id']} already, who is Active")
    other = {**ANN, "individualIdentification": [{**PASSPORT, "issuingAuthority": "Utopia"}]}
    created(client, FLOWS, body(other))
    perform()
    assert len(client.get(CUSTOMERS).json()) == 2


def test_one_flow_at_a_time_is_live_for_a_prospect(client: httpx.Client, perform: Performer) -> None:
    created(client, FLOWS, body(ANN))
    refused(client.post(FLOWS, json=body(ANN)), 409, "69")
    party = created(client, INDIVIDUALS, individual())
    created(client, FLOWS, body(prospect=party["id"]))
    refused(client.post(FLOWS, json=body(prospect=party["id"])), 409, "69")


def test_a_known_party_becomes_a_customer_again_when_the_former_relationship_has_ended(
    client: httpx.Client, perform: Performer
) -> None:
    former = new_customer(client, status="Closed")
    flow = created(client, FLOWS, body(prospect=former["engagedParty"]["id"]))
    perform()
    assert customer_of(client, flow)["id"] != former["id"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (body(), "it is not said who"),
        (body(prospect="none"), "there is no party none"),
        (body({**ANN, "birthDate": "hello"}), "/party is no Individual of version 5: /birthDate"),
    ],
)
def test_a_prospect_that_cannot_be_one_is_told_why(
    client: httpx.Client, perform: Performer, told: Document, reason: str
) -> None:
    flow = created(client, FLOWS, told)
    perform()
    assert read(client, flow)["state"] == "cancelled"
    assert values(tasks(client, flow)["party"])["reason"].startswith(reason)
