# SPDX-License-Identifier: Apache-2.0
"""However much a client sends, an error says what is wrong in a few words and names the place as a JSON Pointer."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import customer, individual, interaction, organization
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION, ORGANIZATION

HUGE = "x" * 900_000
ECHOED = 200

PLACES = [
    pytest.param(INDIVIDUAL, individual(status=HUGE), "status", id="state"),
    pytest.param(INDIVIDUAL, individual(birthDate=HUGE), "/birthDate", id="date-time"),
    pytest.param(INDIVIDUAL, individual(otherName=HUGE), "/otherName", id="text for an array"),
    pytest.param(INDIVIDUAL, individual(otherName=[HUGE]), "/otherName/0", id="text for an object"),
    pytest.param(INDIVIDUAL, individual(title={HUGE: HUGE[:9]}), "/title", id="object for a text"),
    pytest.param(INDIVIDUAL, individual(**{"@schemaLocation": f"no uri {HUGE}"}), "/@schemaLocation", id="uri"),
    pytest.param(
        INDIVIDUAL,
        individual(contactMedium=[{"characteristic": {"emailAddress": HUGE}}]),
        "/contactMedium/0/characteristic/emailAddress",
        id="email",
    ),
    pytest.param(INDIVIDUAL, individual(title=["x"] * 200_000), "/title", id="array for a text"),
    pytest.param(INDIVIDUAL, individual(otherName=["x"] * 100_000), "/otherName/0", id="100,000 wrong elements"),
    pytest.param(INDIVIDUAL, individual(skill=[{"validFor": HUGE}]), "/skill/0/validFor", id="period"),
    pytest.param(INDIVIDUAL, individual(**{"@type": "Customer"}, x=HUGE), "/@type", id="foreign type"),
    pytest.param(INDIVIDUAL, {"familyName": HUGE}, "/givenName", id="missing"),
    pytest.param(INDIVIDUAL, individual(x={HUGE: {"$set": 1}}), "", id="reserved name below a huge name"),
    pytest.param(INDIVIDUAL, individual(x={f"${HUGE}": 1}), "/x/$", id="huge reserved name"),
    pytest.param(ORGANIZATION, organization(isHeadOffice=HUGE), "/isHeadOffice", id="boolean"),
    pytest.param(CUSTOMER, customer(status=HUGE), "status", id="free state"),
    pytest.param(CUSTOMER, customer(creditProfile=[{"creditScore": HUGE}]), "/creditProfile/0", id="integer"),
    pytest.param(CUSTOMER, customer(creditProfile=[{"creditScore": 1.5}]), "/creditProfile/0", id="fraction"),
    pytest.param(INTERACTION, interaction(channel=[{"id": {HUGE: 1}}]), "/channel/0/id", id="id"),
    pytest.param(INTERACTION, interaction(note=[{"date": HUGE}]), "/note/0/date", id="nested date-time"),
]


@pytest.mark.parametrize(("path", "body", "told"), PLACES)
def test_a_huge_wrong_body_gets_a_short_answer_that_names_the_place(
    client: httpx.Client, path: str, body: dict[str, Any], told: str
) -> None:
    answer = client.post(path, json=body)
    message = refused(answer, 400, answer.json()["code"])
    assert answer.json()["code"] in ("23", "24")
    assert told in message
    assert "x" * (ECHOED + 1) not in message


@pytest.mark.parametrize("status", ["dead", HUGE])
def test_a_huge_wrong_patch_gets_a_short_answer(client: httpx.Client, status: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    message = refused(client.patch(shown["href"], json={"status": status}), 400, "24")
    assert "initialized, validated, deceased" in message
    assert "x" * (ECHOED + 1) not in message
    assert client.get(shown["href"]).json() == shown


def test_a_reference_below_a_huge_name_gets_a_short_answer(client: httpx.Client, server: str) -> None:
    nowhere = {"href": f"{server}{INDIVIDUAL}/nowhere"}
    refused(client.post(INDIVIDUAL, json=individual(**{HUGE: nowhere})), 400, "24")
    refused(client.post(INDIVIDUAL, json=individual(x={"href": nowhere["href"], "id": HUGE})), 400, "24")
    refused(client.post(INDIVIDUAL, json=individual(x={"href": f"{server}{INDIVIDUAL}/{HUGE}"})), 400, "24")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({HUGE[:500_000]: [0] * 200_000}, 201),
        ({HUGE[:500_000]: [{}] * 20_000}, 201),
        ({HUGE[:500_000]: [{}] * 100_000}, 413),
        ({"otherName": ["x"] * 200_000}, 400),
        ({"otherName": [{}] * 20_000 + [None]}, 400),
        ({"otherName": [{}] * 200_000 + [None]}, 413),
    ],
)
def test_a_body_of_very_many_parts_keeps_nobody_waiting(
    client: httpx.Client, more: dict[str, Any], status: int
) -> None:
    assert client.post(INDIVIDUAL, json=individual(**more), timeout=30).status_code == status
    shown = created(client, INDIVIDUAL, individual())
    assert client.patch(shown["href"], json=more, timeout=30).status_code == (200 if status == 201 else status)


def test_every_violation_of_a_small_body_is_named_up_to_twenty(client: httpx.Client) -> None:
    wrong = dict.fromkeys(("title", "gender", "location", "legalName"), 7)
    message = refused(client.post(INDIVIDUAL, json=individual(**wrong)), 400, "24")
    assert all(f"/{name}" in message for name in wrong)
    media = {"contactMedium": [{"mediumType": 7}] * 25}
    message = refused(client.post(INDIVIDUAL, json=individual(**media)), 400, "24")
    assert sum(f"/contactMedium/{number}/mediumType" in message for number in range(25)) == 20
    assert "more" in message


def test_a_pointer_escapes_what_pointers_must_escape(client: httpx.Client, server: str) -> None:
    body = individual(**{"a/b~c": {"href": f"{server}{INDIVIDUAL}/nowhere"}})
    assert "/a~1b~0c " in refused(client.post(INDIVIDUAL, json=body), 400, "24")


def test_a_wrong_secret_is_told_by_its_type_not_its_content(client: httpx.Client) -> None:
    message = refused(
        client.post(INDIVIDUAL, content=json.dumps({**individual(), "title": {"pin": "4711"}})), 400, "24"
    )
    assert "4711" not in message
