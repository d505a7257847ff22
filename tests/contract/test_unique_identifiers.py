# SPDX-License-Identifier: Apache-2.0
"""Unique identifiers (eTOM 1.3.4): the second one who has one is refused, through every door, and told who is first."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.storage.documents.rows import UNIQUE
from tests.contract.answers import created, patched, refused
from tests.contract.conftest import Deploy, Stored
from tests.contract.performing import (
    REESTABLISH,
    TERMINATE,
    Performer,
    begin,
    new_customer,
    party_of,
    read,
    tasks,
    values,
)
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5, ORGANIZATION, ORGANIZATION_V5
from tests.scenarios.command import run

Body = dict[str, Any]

AT_ONCE = 64


def passport(number: str = "C01X00T47", kind: str = "passport", authority: str = "Germany") -> Body:
    return {"identificationType": kind, "identificationId": number, "issuingAuthority": authority}


def person(*identifications: Body, **more: Any) -> Body:
    return {"givenName": "Ngozi", "familyName": "Okafor", "individualIdentification": list(identifications), **more}


def company(*identifications: Body, **more: Any) -> Body:
    return {"tradingName": "Delta", "organizationIdentification": list(identifications), **more}


def certificate(number: str = "NL-2025-00001", jurisdiction: str = "Netherlands") -> Body:
    return {"certificateNumber": number, "issuingJurisdiction": jurisdiction, "taxDefinition": [{"name": "VAT"}]}


def is_refused(answer: httpx.Response, pointer: str, first: Body, identifier: str) -> None:
    told = refused(answer, 409, "69")
    assert told.startswith(f"{pointer} is that of {first['href']} already; there may be one ")
    assert told.endswith(f" with the same {identifier}")


@pytest.mark.parametrize(
    ("path", "body", "pointer", "identifier"),
    [
        (INDIVIDUAL, person(passport("A 1"), passport("A 2")), "/individualIdentification/1", "identification"),
        (ORGANIZATION, company(passport("A 2")), "/organizationIdentification/0", "identification"),
        (INDIVIDUAL, person(taxExemptionCertificate=[certificate()]), "/taxExemptionCertificate/0", "taxRegistration"),
        (
            ORGANIZATION,
            company(taxExemptionCertificate=[certificate()]),
            "/taxExemptionCertificate/0",
            "taxRegistration",
        ),
    ],
)
def test_the_second_with_an_identifier_is_refused_and_told_who_is_first(
    client: httpx.Client, path: str, body: Body, pointer: str, identifier: str
) -> None:
    attribute = pointer.split("/")[1]
    first = created(client, path, {**body, attribute: body[attribute][-1:]})
    is_refused(client.post(path, json=body), pointer, first, identifier)
    other = created(client, path, {**body, attribute: []})
    is_refused(client.patch(other["href"], json={attribute: body[attribute]}), pointer, first, identifier)
    assert client.get(other["href"]).json() == other
    patched(client, first, {attribute: body[attribute]})
    client.delete(first["href"]).raise_for_status()
    patched(client, other, {attribute: body[attribute]})


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (passport("c01x-00t47"), True),
        (passport(" C01X 00T 47"), True),
        (passport("\uff2301X00T47"), True),
        (passport(kind="Passport"), True),
        (passport(authority="germany"), True),
        (passport("C01X00T48"), False),
        (passport(kind="identityCard"), False),
        (passport(authority="Austria"), False),
        ({"identificationType": "passport", "identificationId": "C01X00T47"}, False),
    ],
)
def test_identifiers_compare_by_type_number_and_authority_however_they_are_spelt(
    client: httpx.Client, other: Body, is_same: bool
) -> None:
    created(client, INDIVIDUAL, person(passport()))
    assert client.post(INDIVIDUAL, json=person(other)).status_code == (409 if is_same else 201)


def test_what_is_no_whole_identifier_and_what_is_a_placeholder_identify_nobody(client: httpx.Client) -> None:
    for _ in range(2):
        created(client, INDIVIDUAL, person({"identificationId": "C01X00T47"}, passport("- -"), passport("51DD1234")))
        created(client, INDIVIDUAL, person(taxExemptionCertificate=[{"certificateNumber": "NL-1"}]))


def test_an_identifier_is_given_up_with_what_has_it(client: httpx.Client, stored: Stored) -> None:
    first, second = created(client, INDIVIDUAL, person(passport())), created(client, INDIVIDUAL, person())
    assert UNIQUE in stored("individual", first["id"])
    patched(client, first, {"individualIdentification": [passport("Other")]})
    patched(client, second, {"individualIdentification": [passport()]})
    patched(client, first, {"individualIdentification": None})
    assert UNIQUE not in stored("individual", first["id"])


def test_of_many_at_once_one_gets_the_identifier(client: httpx.Client) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool, httpx.Client(base_url=client.base_url, timeout=60) as many:
        answers = list(pool.map(lambda _: many.post(INDIVIDUAL, json=person(passport())), range(AT_ONCE)))
    first = [answer.json() for answer in answers if answer.status_code == 201]
    assert len(first) == 1
    for answer in answers:
        if answer.status_code != 201:
            is_refused(answer, "/individualIdentification/0", first[0], "identification")
    assert [each["id"] for each in client.get(INDIVIDUAL).json()] == [first[0]["id"]]


def test_of_many_patches_at_once_one_gets_the_identifier(client: httpx.Client) -> None:
    made = [created(client, INDIVIDUAL, person()) for _ in range(16)]
    patch = {"individualIdentification": [passport()]}
    with ThreadPoolExecutor(16) as pool, httpx.Client(base_url=client.base_url, timeout=60) as many:
        answers = list(pool.map(lambda each: many.patch(each["href"], json=patch).status_code, made))
    assert sorted(answers) == [200, *[409] * 15]


def test_a_repeated_create_with_its_key_is_no_second_one(client: httpx.Client) -> None:
    first = client.post(INDIVIDUAL, json=person(passport()), headers={"Idempotency-Key": "a"})
    again = client.post(INDIVIDUAL, json=person(passport()), headers={"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = client.post(INDIVIDUAL, json=person(passport()), headers={"Idempotency-Key": "b"})
    is_refused(other, "/individualIdentification/0", first.json(), "identification")


def test_a_document_with_references_is_refused_alike(client: httpx.Client) -> None:
    parent = created(client, ORGANIZATION, company())
    child = {
        "organizationParentRelationship": {
            "relationshipType": "legal",
            "organization": {"id": parent["id"], "href": parent["href"], "@referredType": "Organization"},
        }
    }
    first = created(client, ORGANIZATION, company(passport(), **child))
    is_refused(
        client.post(ORGANIZATION, json=company(passport(), **child)),
        "/organizationIdentification/0",
        first,
        "identification",
    )
    other = created(client, ORGANIZATION, company())
    patch = {"organizationIdentification": [passport()], **child}
    is_refused(client.patch(other["href"], json=patch), "/organizationIdentification/0", first, "identification")


def v4_party(id: str) -> Body:
    return {"id": id, "@referredType": "Individual"}


def customer(party: str, **more: Any) -> Body:
    return {"@type": "Customer", "name": "Delta", "engagedParty": {"@type": "PartyRef", "id": party}, **more}


def test_a_party_is_one_live_customer_for_each_role_specification(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL_V5, {"@type": "Individual", **person()})["id"]
    first = created(client, CUSTOMER_V5, customer(party))
    told = refused(client.post(CUSTOMER, json={"name": "Delta", "engagedParty": v4_party(party)}), 409, "69")
    v4 = client.get(f"{CUSTOMER}/{first['id']}").json()
    assert told == (
        f"/engagedParty is that of {v4['href']} already; there may be one Customer that has not ended with the same "
        "engagement"
    )
    wholesale = {"@type": "PartyRoleSpecificationRef", "id": "wholesale"}
    created(client, CUSTOMER_V5, customer(party, partyRoleSpecification=wholesale))
    assert client.post(CUSTOMER_V5, json=customer(party, partyRoleSpecification=wholesale)).status_code == 409
    patched(client, first, {"@type": "Customer", "status": "Closed"})
    created(client, CUSTOMER_V5, customer(party))


def test_a_party_that_is_not_here_may_be_a_customer_again_and_again(client: httpx.Client) -> None:
    made = [created(client, CUSTOMER, {"name": "Delta", "engagedParty": v4_party("500")}) for _ in range(3)]
    patched(client, made[0], {"description": "The first"})
    patched(client, made[1], {"engagedParty": v4_party("501")})
    patched(client, made[2], {"engagedParty": v4_party("501")})
    patched(client, made[2], {"engagedParty": v4_party("500")})


def test_who_was_succeeded_does_not_come_back_beside_the_successor(client: httpx.Client, perform: Performer) -> None:
    first = new_customer(client)
    begin(client, TERMINATE, first, reason="customerWish")
    perform()
    assert read(client, first)["status"] == "Terminated"
    successor = created(client, CUSTOMER_V5, customer(party_of(first), status="Active"))
    flow = begin(client, REESTABLISH, first)
    perform()
    reason = values(tasks(client, flow)["identify"])["reason"]
    assert reason == f"the party is the customer {successor['id']} by now, who is Active"
    assert read(client, first)["status"] == "Terminated"
    patched(client, successor, {"@type": "Customer", "status": "Suspended"})


def test_who_may_not_see_the_first_is_not_told_who_it_is(
    guarded: str, provider: IdentityProvider, clean_database: str
) -> None:
    with httpx.Client(base_url=guarded) as client:
        staff = bearer(provider.token("*:*"))
        first = client.post(INDIVIDUAL, json=person(passport()), headers=staff).json()
        mine = client.post(INDIVIDUAL, json=person(), headers=staff).json()
        own = bearer(provider.token("*:*", party_id=mine["id"]))
        patch = {"individualIdentification": [passport()]}
        told = refused(client.patch(mine["href"], json=patch, headers=own), 409, "69")
    assert first["id"] not in told
    assert told.startswith("/individualIdentification/0 is that of another Individual already")


@pytest.fixture(scope="module")
def deployed(deploy: Deploy) -> httpx.Client:
    """A server whose deployment chose other identifiers."""
    return deploy(unique="email,phone,externalReference")


def test_a_deployment_chooses_what_is_unique(deployed: httpx.Client) -> None:
    for _ in range(2):
        created(deployed, INDIVIDUAL, person(passport()))
    email = {"@type": "EmailContactMedium", "emailAddress": "ngozi@example.com"}
    body = {"@type": "Individual", "givenName": "Ngozi", "familyName": "Okafor"}
    for _ in range(2):
        created(deployed, INDIVIDUAL_V5, {**body, "contactMedium": [email]})
    verified = {**body, "contactMedium": [{**email, "verified": True}]}
    first = created(deployed, INDIVIDUAL_V5, verified)
    is_refused(deployed.post(INDIVIDUAL_V5, json=verified), "/contactMedium/0", first, "email")
    reference = {"@type": "ExternalIdentifier", "externalIdentifierType": "CRM", "id": "77", "owner": "Legacy"}
    foreign = {"@type": "Organization", "name": "Delta", "externalReference": [reference]}
    first = created(deployed, ORGANIZATION_V5, foreign)
    is_refused(deployed.post(ORGANIZATION_V5, json=foreign), "/externalReference/0", first, "externalReference")


@pytest.fixture(scope="module")
def careless(settings: Settings, deploy: Deploy) -> tuple[httpx.Client, Settings]:
    """A server on which nothing is unique, and the settings of one on its database on which identifiers are."""
    client = deploy(unique="off")
    port = client.base_url.port
    assert port is not None
    return client, dataclasses.replace(settings, port=port, database=f"liaison_test_{port}")


def test_switching_an_identifier_on_tells_what_collides_already(careless: tuple[httpx.Client, Settings]) -> None:
    client, strict = careless
    first, second, third = [created(client, INDIVIDUAL, person(passport())) for _ in range(3)]
    party = created(client, INDIVIDUAL, person())["id"]
    buyers = [created(client, CUSTOMER, {"name": "D", "engagedParty": v4_party(id)}) for id in (party, party, "5", "5")]
    code, told, _ = run(strict, "identity", "collisions", "--json")
    assert code == 1
    assert {(row["id"], row["first"], row["identifier"]) for row in json.loads(told)} == {
        (second["id"], first["id"], "identification"),
        (third["id"], first["id"], "identification"),
        (buyers[1]["id"], buyers[0]["id"], "engagement"),
    }
    client.delete(second["href"]).raise_for_status()
    patched(client, third, {"individualIdentification": [passport("Another")]})
    patched(client, buyers[1], {"engagedParty": v4_party("6")})
    assert run(strict, "identity", "collisions")[:2] == (0, "Nothing collides\n")


def test_a_name_that_no_identifier_has_ends_the_command(settings: Settings) -> None:
    code, _, told = run(dataclasses.replace(settings, unique="passport"), "identity", "collisions")
    assert code == 1
    assert "LIAISON_UNIQUE: 'passport' is no unique identifier; there are email, engagement, externalReference" in told
