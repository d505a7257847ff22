# SPDX-License-Identifier: Apache-2.0
"""Several kinds of resources in one collection, told by `@type`; ids of clients' own; schemas that lead in a circle."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.contract.draining import drain

BASE = "/tmf-api/resourceInventoryManagement/v4"
RESOURCES = f"{BASE}/resource"
DOCUMENT = Path(__file__).parent / "apis" / "resource-inventory-v4.yaml"
Body = dict[str, Any]

MAST: Body = {"name": "Mast"}
NUMBER: Body = {"@type": "LogicalResource", "name": "Number", "value": 7}
ANTENNA: Body = {
    "@type": "PhysicalResource",
    "name": "Antenna",
    "serialNumber": "A-1",
    "manufactureDate": "2024-05-01T10:00:00Z",
    "value": 90,
}
SATELLITE: Body = {"@type": "Satellite", "name": "Luna", "serialNumber": 5}


@pytest.fixture
def client(own_connection: httpx.Client, clean_database: str) -> httpx.Client:
    """That client; the database is empty."""
    return own_connection


def created(client: httpx.Client, body: Body) -> Body:
    answer = client.post(RESOURCES, json=body)
    assert answer.status_code == 201, answer.text
    made: Body = answer.json()
    assert {name: made[name] for name in body} == body
    return made


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**ANTENNA, "serialNumber": None}, "/serialNumber is mandatory"),
        ({**ANTENNA, "serialNumber": 5}, "/serialNumber must be a string"),
        ({**ANTENNA, "manufactureDate": "May"}, "/manufactureDate must be a date-time"),
        ({**NUMBER, "value": "seven"}, "/value must be an integer"),
        ({"@type": "PhysicalResource", "serialNumber": "A-1"}, "/name is mandatory"),
        ({"@type": "ResourceRelationship", "name": "x", "relationshipType": "x"}, "/@type 'ResourceRelationship' does"),
    ],
)
def test_each_kind_is_held_to_its_own_schema(client: httpx.Client, body: Body, told: str) -> None:
    refused = client.post(RESOURCES, json=body)
    assert (refused.status_code, told in refused.json()["message"]) == (400, True), refused.text


@pytest.mark.parametrize("body", [MAST, NUMBER, ANTENNA, SATELLITE, {**MAST, "serialNumber": 5}])
def test_what_its_own_kind_takes_is_kept_and_changed(client: httpx.Client, body: Body) -> None:
    made = created(client, body)
    assert made["@type"] == body.get("@type", "Resource")
    assert client.get(made["href"]).json() == made
    assert client.patch(made["href"], json={"name": "Other"}).json() == {**made, "name": "Other"}


def test_a_patch_is_held_to_the_schema_of_the_kind(client: httpx.Client) -> None:
    antenna, mast = created(client, ANTENNA), created(client, MAST)
    refused = client.patch(antenna["href"], json={"serialNumber": None})
    assert (refused.status_code, "/serialNumber is mandatory" in refused.json()["message"]) == (400, True)
    assert client.patch(antenna["href"], json={"serialNumber": 5}).status_code == 400
    assert client.patch(mast["href"], json={"serialNumber": 5}).json()["serialNumber"] == 5
    assert client.patch(antenna["href"], json={"value": 80}).json()["value"] == 80
    assert client.get(RESOURCES, params={"value": "80"}).json()[0]["id"] == antenna["id"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("@type=PhysicalResource", ["Antenna"]),
        ("@type=logicalresource", []),
        ("@type=LogicalResource,Resource", ["Mast", "Number"]),
        ("@type.ne=PhysicalResource", ["Luna", "Mast", "Number"]),
        ("serialNumber=A-1", ["Antenna"]),
        ("manufactureDate=2024-05-01", ["Antenna"]),
        ("manufactureDate.gt=2024-05-01T09:59:59Z", ["Antenna"]),
        ("value.gt=7", ["Antenna"]),
        ("value.gte=7", ["Antenna", "Number"]),
        ("filter=$[?(@['@type'] == 'LogicalResource' %26%26 @.value < 10)]", ["Number"]),
    ],
)
def test_a_list_is_filtered_by_kind_and_by_attributes_of_one(
    client: httpx.Client, query: str, found: list[str]
) -> None:
    for body in (MAST, NUMBER, ANTENNA, SATELLITE):
        created(client, body)
    answer = client.get(f"{RESOURCES}?{query}&sort=name")
    assert answer.status_code == 200, answer.text
    assert [each["name"] for each in answer.json()] == found


def test_a_list_is_sorted_and_narrowed_by_attributes_of_one_kind(client: httpx.Client) -> None:
    for body in (MAST, NUMBER, ANTENNA):
        created(client, body)
    assert [each["name"] for each in client.get(f"{RESOURCES}?sort=-value,name").json()] == [
        "Antenna",
        "Number",
        "Mast",
    ]
    (shown,) = client.get(f"{RESOURCES}?fields=serialNumber&serialNumber=A-1").json()
    assert shown.keys() == {"id", "href", "@type", "serialNumber"}
    assert client.get(f"{RESOURCES}?colour=red").status_code == 400


def test_events_tell_the_kind(client: httpx.Client, own: Settings) -> None:
    made = [created(client, body) for body in (NUMBER, ANTENNA)]
    drain(own)
    topic = "/tmf-api/event/v4/topic/resource-inventory-v4/event"
    told = client.get(f"{topic}?event.resource.@type=PhysicalResource").json()
    assert [(each["eventType"], each["event"]["resource"]) for each in told] == [("ResourceCreateEvent", made[1])]


@pytest.mark.parametrize("id", ["7", "SIM-0049/1".replace("/", ":"), "mast 5".replace(" ", "_"), "ä~!$&'()*+,;=@"])
def test_an_id_may_be_the_clients_own(client: httpx.Client, id: str) -> None:
    made = created(client, {**ANTENNA, "id": id})
    assert client.get(made["href"]).json() == made
    assert client.get(RESOURCES, params={"id": id}).json() == [made]
    assert client.get(RESOURCES, params={"href": made["href"]}).json() == [made]
    assert client.patch(made["href"], json={"value": 1}).status_code == 200
    assert client.post(RESOURCES, json={**MAST, "id": id}).status_code == 409


@pytest.mark.parametrize("id", ["", " ", "a/b", "a?b", "a#b", "..", "a" * 201, 5])
def test_an_id_that_would_not_do_in_a_url_is_refused(client: httpx.Client, id: Any) -> None:
    assert client.post(RESOURCES, json={**MAST, "id": id}).status_code == 400


def nest(levels: int, innermost: Body) -> Body:
    """A resource that has to do with another one, and so on."""
    if not levels:
        return innermost
    return {"resourceRelationship": [{"relationshipType": "on", "resource": nest(levels - 1, innermost)}]}


def test_schemas_in_a_circle_are_followed_as_deep_as_a_body_goes(client: httpx.Client) -> None:
    made = created(client, {**MAST, **nest(4, {"name": "Top", "installed": "2024-05-01T10:00:00Z"})})
    assert client.get(made["href"]).json() == made
    deep = ".".join(["resourceRelationship.resource"] * 4)
    assert client.get(RESOURCES, params={f"{deep}.name": "Top"}).json() == [made]
    assert client.get(RESOURCES, params={f"{deep}.installed": "2024-05-01T10:00:00Z"}).json() == [made]
    assert client.get(RESOURCES, params={f"{deep}.colour": "red"}).status_code == 400
    refused = client.post(RESOURCES, json={**MAST, **nest(4, {"name": 5})})
    place = "/resourceRelationship/0/resource" * 4
    assert (refused.status_code, f"{place}/name must be a string" in refused.json()["message"]) == (400, True)
