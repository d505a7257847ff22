# SPDX-License-Identifier: Apache-2.0
"""Filters on attributes that version 4 shows elsewhere, or otherwise, than they are stored."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found
from tests.contract.bodies import customer, individual, interaction, organization
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, ORGANIZATION

MEDIA = [
    {"mediumType": "email", "characteristic": {"contactType": "home", "emailAddress": "ngozi@example.com"}},
    {"mediumType": "postalAddress", "characteristic": {"city": "Rotterdam", "x": "open"}},
]
PARTY = {"id": "4188", "name": "Ngozi", "role": "contact", "@referredType": "Individual"}
CHANNEL = {"id": "shop-7", "name": "Shop", "role": "contact", "@type": "Shop", "@referredType": "Channel"}
ITEM = {
    "reason": "Charge",
    "item": {"id": "INV-1", "role": "subject", "name": "Invoice", "@referredType": "CustomerBill"},
    "channel": [{**CHANNEL, "id": "shop-8"}],
    "relatedParty": [{**PARTY, "id": "6022"}],
}

CASES: list[tuple[str, dict[str, Any], str]] = [
    *[
        (path, {**body, "contactMedium": MEDIA}, query)
        for path, body in ((INDIVIDUAL, individual()), (ORGANIZATION, organization()), (CUSTOMER, customer()))
        for query in (
            "contactMedium.characteristic.emailAddress=ngozi@example.com",
            "contactMedium.characteristic.emailAddress=ngozi%40example.com",
            "contactMedium.0.characteristic.emailAddress=ngozi@example.com",
            "contactMedium.characteristic.contactType=home",
            "contactMedium.characteristic.city=Rotterdam",
            "contactMedium.mediumType=postalAddress",
        )
    ],
    *[
        (path, {**body, "relatedParty": [PARTY]}, query)
        for path, body in (
            (INDIVIDUAL, individual()),
            (ORGANIZATION, organization()),
            (CUSTOMER, customer()),
            (INTERACTION, interaction()),
        )
        for query in (
            "relatedParty.id=4188",
            "relatedParty.name=Ngozi",
            "relatedParty.role=contact",
            "relatedParty.0.role=contact",
            "relatedParty.@referredType=Individual",
            "relatedParty.@referredType=individual",
            "relatedParty.@referredType=INDIVIDUAL",
            "relatedParty.id=4188&relatedParty.role=contact",
        )
    ],
    *[
        (path, {**body, "externalReference": [{"externalReferenceType": "card", "name": "LC-5"}]}, query)
        for path, body in ((INDIVIDUAL, individual()), (ORGANIZATION, organization()))
        for query in ("externalReference.name=LC-5", "externalReference.externalReferenceType=card")
    ],
    (INDIVIDUAL, individual(fullName="Ngozi Okafor"), "fullName=Ngozi%20Okafor"),
    (INDIVIDUAL, individual(status="deceased"), "status=deceaded"),
    (INDIVIDUAL, individual(status="deceaded"), "status=deceased"),
    (CUSTOMER, customer(engagedParty={**PARTY, "role": "buyer"}), "engagedParty.role=buyer"),
    (CUSTOMER, customer(engagedParty=PARTY), "engagedParty.id=4188"),
    (CUSTOMER, customer(engagedParty=PARTY), "engagedParty.@referredType=individual"),
    (INTERACTION, interaction(channel=[CHANNEL]), "channel.id=shop-7"),
    (INTERACTION, interaction(channel=[CHANNEL]), "channel.name=Shop"),
    (INTERACTION, interaction(channel=[CHANNEL]), "channel.role=contact"),
    (INTERACTION, interaction(channel=[CHANNEL]), "channel.@referredType=Channel"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.item.id=INV-1"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.item.role=subject"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.item.@referredType=CustomerBill"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.reason=Charge"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.channel.id=shop-8"),
    (INTERACTION, interaction(interactionItem=[ITEM]), "interactionItem.relatedParty.id=6022"),
]


@pytest.mark.parametrize(("path", "body", "query"), CASES)
def test_an_attribute_is_filtered_where_version_4_shows_it(
    client: httpx.Client, path: str, body: dict[str, Any], query: str
) -> None:
    other = {
        INDIVIDUAL: individual(),
        ORGANIZATION: organization(),
        CUSTOMER: customer(),
        INTERACTION: interaction(),
    }[path]
    created(client, path, other)
    shown = created(client, path, body)
    assert found(client, path, query) == [shown["id"]]


def test_the_parts_of_an_interaction_are_told_apart(client: httpx.Client) -> None:
    shown = created(client, INTERACTION, interaction(channel=[CHANNEL], relatedParty=[PARTY], interactionItem=[ITEM]))
    assert found(client, INTERACTION, "channel.id=shop-8") == []
    assert found(client, INTERACTION, "relatedParty.id=6022") == []
    assert found(client, INTERACTION, "channel.id=shop-7&interactionItem.channel.id=shop-8") == [shown["id"]]


def test_a_patched_value_is_found_and_the_former_is_not(client: httpx.Client) -> None:
    shown = created(client, CUSTOMER, customer(contactMedium=MEDIA, engagedParty=PARTY))
    medium = {"mediumType": "email", "characteristic": {"emailAddress": "new@example.com"}}
    answer = client.patch(shown["href"], json={"contactMedium": [medium], "engagedParty": {"role": "payer"}})
    assert answer.status_code == 200, answer.text
    assert found(client, CUSTOMER, "contactMedium.characteristic.emailAddress=ngozi@example.com") == []
    assert found(client, CUSTOMER, "contactMedium.characteristic.emailAddress=new@example.com") == [shown["id"]]
    assert found(client, CUSTOMER, "engagedParty.role=payer") == [shown["id"]]
    assert found(client, CUSTOMER, "engagedParty.role=contact") == []
