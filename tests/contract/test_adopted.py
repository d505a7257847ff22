# SPDX-License-Identifier: Apache-2.0
"""What `liaison spec adopt` makes of a published document is served: one of version 4, and one of version 5."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.apis import APIS, Api, Version
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.settings import Settings
from tests.adopting import CONTRACT, TICKET, Document, adopted
from tests.serving import free_port, serving

TICKETS = "/tmf-api/ticket/v4/ticket"
CONTRACTS = "/tmf-api/contract/v5/contract"


def adopted_api(folder: Path, document: Document, version: str) -> Api:
    """The API of an adopted document, of which nothing else is known."""
    made = adopted(folder, document)
    (folder / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
    views = {resource: VersionMapping() for resource in made.resources}
    return Api(
        name=made.name.partition("-")[0],
        number="",
        versions={version: Version(made.name, views, folder)},
        rules={resource: Rules() for resource in made.resources},
    )


@pytest.fixture
def client(settings: Settings, clean_database: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a server that serves two adopted documents beside ours."""
    apis = (adopted_api(tmp_path, TICKET, "v4"), adopted_api(tmp_path, CONTRACT, "v5"))
    with (
        serving(replace(settings, port=free_port()), (*APIS, *apis)) as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def test_a_resource_of_version_4_is_created_read_found_changed_and_deleted(client: httpx.Client) -> None:
    ferry = {"@type": "Ferry", "name": "Nora", "seats": 40}
    body = {"name": "Leak", "severity": 2, "relatedParty": [{"id": "7"}], "vessel": ferry, "undeclared": {"a": 1}}
    answer = client.post(TICKETS, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in body} == body
    assert (made["status"], made["note"], made["isOpen"]) == ("acknowledged", [], False)
    assert made["creationDate"] == made["lastUpdate"] == made["statusChangeDate"]
    assert client.get(made["href"]).json() == made
    assert [each["id"] for each in client.get(TICKETS, params={"relatedParty.id": "7"}).json()] == [made["id"]]
    changed = client.patch(made["href"], json={"status": "in progress"}).json()
    assert changed["status"] == "in progress"
    assert changed["lastUpdate"] > made["lastUpdate"]
    assert client.patch(made["href"], json={"status": "closed"}).status_code == 200
    assert client.patch(made["href"], json={"status": "acknowledged"}).status_code == 409
    assert client.delete(made["href"]).status_code == 204
    assert client.get(made["href"]).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"severity": 6},
        {"severity": "high"},
        {},
        {"severity": 1, "status": "lost"},
        {"severity": 1, "note": [{"text": " "}]},
        {"severity": 1, "vessel": {"@type": "Ferry", "seats": "many"}},
    ],
    ids=str,
)
def test_what_the_published_schema_forbids_is_refused(client: httpx.Client, wrong: Document) -> None:
    assert client.post(TICKETS, json=wrong).status_code == 400


def test_a_resource_of_version_5_is_created_read_found_changed_and_deleted(client: httpx.Client) -> None:
    parts = [{"@type": "Part", "size": 1.5}, {"@type": "PartRef", "id": "3"}]
    party = {"@type": "PartyRef", "id": "7301"}
    body = {"@type": "Contract", "name": "Three years", "part": parts, "engagedParty": party}
    answer = client.post(CONTRACTS, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert {name: made[name] for name in body} == body
    assert made["state"] == "In study"
    assert "creationDate" in made
    assert client.get(made["href"]).json() == made
    assert [each["id"] for each in client.get(CONTRACTS, params={"engagedParty.id": "7301"}).json()] == [made["id"]]
    assert client.patch(made["href"], json={"state": "active", "part": None}).json()["state"] == "active"
    assert client.patch(made["href"], json={"name": None}).status_code == 400
    assert client.patch(made["href"], json={"state": "retired"}).status_code == 200
    assert client.patch(made["href"], json={"state": "active"}).status_code == 409
    assert client.delete(made["href"]).status_code == 204


@pytest.mark.parametrize("wrong", [{"size": "big", "@type": "Part"}, {"@type": "PartRef"}, {"size": 1}], ids=str)
def test_a_part_is_checked_as_the_class_that_it_names(client: httpx.Client, wrong: Document) -> None:
    assert client.post(CONTRACTS, json={"@type": "Contract", "name": "a", "part": [wrong]}).status_code == 400


def test_fields_brings_nothing_else_in_version_4_and_the_class_in_version_5(client: httpx.Client) -> None:
    ticket = client.post(TICKETS, json={"name": "Leak", "severity": 2}).json()
    contract = client.post(CONTRACTS, json={"@type": "Contract", "name": "Fibre"}).json()
    for path, shown, always in ((TICKETS, ticket, {"id", "href"}), (CONTRACTS, contract, {"id", "href", "@type"})):
        assert client.get(shown["href"], params={"fields": "none"}).json().keys() == always
        assert [each.keys() for each in client.get(path, params={"fields": "none"}).json()] == [always]


@pytest.mark.parametrize("base", ["/tmf-api/ticket/v4", "/tmf-api/contract/v5"])
def test_its_hub_and_its_document_are_served(client: httpx.Client, base: str) -> None:
    document = client.get(f"{base}/openapi.json").json()
    assert document["info"]["description"].startswith("Adopted from TM Forum's TMF99")
    (callback, *_) = document["paths"]["/hub"]["post"]["callbacks"]
    hub = {"@type": "Hub", "callback": "https://listener.example.com/", "query": f"eventType={callback}"}
    assert client.post(f"{base}/hub", json=hub).status_code == 201
