# SPDX-License-Identifier: Apache-2.0
"""No personal data is in any log at any time: neither of server and relay at level debug, nor of their MongoDB."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from app.storage.mongod.embedded_mongod import running_uri
from tests.contract.answers import created
from tests.contract.documents import V4
from tests.contract.performing import (
    ARCHIVE,
    CUSTOMERS,
    ERASE,
    FLOWS,
    INDIVIDUALS,
    INTERACTIONS,
    TERMINATE,
    Document,
    begin,
    past_interaction,
    read,
)
from tests.scenarios.operator import Operator
from tests.serving import free_port
from tests.waiting import eventually

CANARY = f"canary{uuid4().hex}"
"""What is in every attribute of a party; no other run has it."""
HUB = "/tmf-api/party/v4/hub"
RETENTION = """
customer: {trigger: {resource: Customer, state: [Terminated]}, duration: P0D, legalBasis: none, action: archive}
customerArchive: {trigger: {resource: ArchiveBundle, state: [archived]}, duration: P0D, legalBasis: none, action: purge}
"""
_KEPT = {"id", "href", "status", "mimeType", "url", "valueType", "mediumType"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def with_canary(value: Any) -> Any:
    """A document with the canary in each text that may be any."""
    if isinstance(value, dict):
        return {
            name: inner if name in _KEPT or name.startswith("@") else with_canary(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [with_canary(each) for each in value]
    if not isinstance(value, str) or _DATE.match(value):
        return value
    return f"{CANARY}@example.com" if "@" in value else f"{value} {CANARY}"


@pytest.fixture
def deployment(operator: Operator, tmp_path: Path) -> Operator:
    """A server that logs all it can, and archives and erases at once."""
    (tmp_path / "retention.yaml").write_text(RETENTION)
    operator.chosen |= {"LIAISON_LOG_LEVEL": "debug", "LIAISON_RETENTION": str(tmp_path / "retention.yaml")}
    operator.serve()
    return operator


def completed(client: httpx.Client, flow: Document) -> None:
    """Return once a flow has ended as it should."""
    eventually(lambda: read(client, flow)["state"] in ("completed", "hold", "cancelled"), "the flow ends")
    assert read(client, flow)["state"] == "completed"


def new_party(client: httpx.Client) -> Document:
    """The party, with the canary in every attribute."""
    full = next(each for each in V4 if each.path == INDIVIDUALS).creates["full"]
    body = with_canary(full)
    assert json.dumps(body).count(CANARY) > 40, "it is in every attribute"
    return created(client, INDIVIDUALS, body)


def change_and_refuse(client: httpx.Client, party: Document) -> None:
    """Changes, searches, and what is refused."""
    href, near = party["href"], {"familyName": f"Roe {CANARY}"}
    for query in (f"familyName={CANARY}", f"familyName=~{CANARY}", f"filter=$[?(@.familyName=='{CANARY}')]", CANARY):
        client.get(f"{INDIVIDUALS}?{query}")
    client.patch(href, json=near).raise_for_status()
    refused = [
        client.patch(href, json=near, headers={"If-Match": '"0"'}),
        client.patch(href, json={"birthDate": CANARY, "status": CANARY}),
        client.post(INDIVIDUALS, json={"givenName": [CANARY], CANARY: {}}),
        client.post(INDIVIDUALS, content=f'{{"givenName": "{CANARY}'),
        client.post(INDIVIDUALS, json={**near, "@type": CANARY}),
    ]
    assert all(answer.is_client_error for answer in refused)


def register(client: httpx.Client) -> list[Document]:
    """Listeners that nobody answers for: one hears of all, one of the canary."""
    callback = f"http://127.0.0.1:{free_port()}/"
    return [
        created(client, HUB, {"callback": callback, "query": query})
        for query in ("", f"event.individual.familyName={CANARY}")
    ]


def new_customer(client: httpx.Client, party: Document) -> Document:
    """The customer that the party is, with an interaction."""
    engaged = {"@type": "PartyRef", "id": party["id"], "@referredType": "Individual", "name": CANARY}
    body = {"@type": "Customer", "name": CANARY, "status": "Active", "description": CANARY, "engagedParty": engaged}
    customer = created(client, CUSTOMERS, body)
    headers = {"Idempotency-Key": CANARY}
    for _ in range(2):
        interaction = past_interaction(party["id"], reason=CANARY)
        client.post(INTERACTIONS, json=interaction, headers=headers).raise_for_status()
    return customer


def search_slowly(operator: Operator) -> None:
    """A query that MongoDB takes for slow: it logs them with their filters unless it is told not to."""
    uri = running_uri(operator.directory)
    assert uri
    with MongoClient[dict[str, Any]](uri) as mongo:
        slow = {"document.familyName": {"$ne": CANARY}, "$where": "sleep(200) || true"}
        assert list(mongo["liaison"]["customer"].find(slow))


def move_files(operator: Operator, tmp_path: Path) -> str:
    """Export and import; returns what the commands say on standard error."""
    out, rejected = tmp_path / "out.ndjson", tmp_path / "in.ndjson"
    rejected.write_text(json.dumps({"givenName": [CANARY]}) + f"\n{CANARY}\n")
    runs = [
        operator.run("export", "individual", "--version", "v4", "--out", str(out)),
        operator.run("export", "events"),
        operator.run("import", str(rejected), "--resource", "individual", "--version", "v4"),
    ]
    assert CANARY in out.read_text()
    assert CANARY in runs[1].stdout
    return "".join(each.stderr for each in runs)


def end_and_erase(client: httpx.Client, customer: Document, party: Document) -> None:
    """The end of the relationship, the archive, and the erasure."""
    completed(client, begin(client, TERMINATE, customer, reason="customerWish", channel=CANARY))
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    completed(client, archiving)
    related = [{"id": party["id"], "role": "party", "@referredType": "Individual", "name": CANARY}]
    reason = [{"name": "reason", "value": f"Asked for by {CANARY}"}]
    body = {"processFlowSpecification": ERASE, "relatedEntity": related, "characteristic": reason}
    completed(client, created(client, FLOWS, body))
    assert client.get(party["href"]).status_code == 404


def test_no_log_has_anything_of_a_party(deployment: Operator, tmp_path: Path) -> None:
    with httpx.Client(base_url=deployment.url) as client:
        listeners = register(client)
        party = new_party(client)
        change_and_refuse(client, party)
        customer = new_customer(client, party)
        search_slowly(deployment)
        said = move_files(deployment, tmp_path)
        eventually(lambda: "delivery failed" in deployment.log, "no listener answers")
        for each in listeners:  # While one waits, payloads stay.
            client.delete(f"{HUB}/{each['id']}").raise_for_status()
        end_and_erase(client, customer, party)
    deployment.stop()
    logs = [deployment.log, said, *(file.read_text() for file in deployment.directory.glob("mongod.log*"))]
    assert len(logs) > 2
    assert party["id"] in deployment.log, "requests are logged, by their paths"
    assert [line for log in logs for line in log.splitlines() if CANARY in line] == []
