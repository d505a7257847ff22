# SPDX-License-Identifier: Apache-2.0
"""`liaison hub` beside a running server: what an operator sees of the listeners and does with them."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from standardwebhooks import Webhook

from app.storage.mongod.embedded_mongod import running_uri
from tests.listening import SECRET, Listener
from tests.paths import PARTY
from tests.scenarios.operator import Operator
from tests.waiting import eventually

TOKEN = "token-that-nobody-may-see"
SECRETS = {"secret": SECRET, "authentication": {"type": "bearer", "token": TOKEN}}
Told = subprocess.CompletedProcess[str]
Hub = Callable[..., Told]


@pytest.fixture
def hub(operator: Operator) -> Hub:
    """`liaison hub …` on the deployment's data."""
    return partial(operator.run, "hub")


def names(listener: Listener) -> list[str]:
    return [event["event"]["individual"]["givenName"] for event in listener.received]


def state(hub: Hub, id: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(hub("show", id, "--json").stdout)
    return shown


def test_an_operator_pauses_resumes_and_replays_a_listener(operator: Operator, listener: Listener, hub: Hub) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url + PARTY) as client:
        id = client.post("/hub", json={"callback": listener.url}).json()["id"]
        made = client.post("/individual", json={"givenName": "Ann", "familyName": "Smith"}).json()
        eventually(lambda: names(listener) == ["Ann"], "the first event arrives")

        assert "is paused" in hub("pause", id).stdout
        assert hub("pause", id).returncode == 1
        assert client.get(f"/hub/{id}").json()["state"] == "paused"
        client.patch(made["href"], json={"givenName": "Bea"}).raise_for_status()
        eventually(lambda: len(operator.log_entries(resource="Individual")) == 2, "it is logged")

        assert "is active" in hub("resume", id).stdout
        eventually(lambda: names(listener)[-1:] == ["Bea"], "what waited arrives")
        eventually(lambda: client.get(f"/hub/{id}").json()["lag"] == 0, "the position is stored")

    before = len(listener.received)
    first, last = [each["_id"] for each in operator.log_entries(resource="Individual")]
    refused = hub("replay", id, "--from", str(last + 1))
    assert (refused.returncode, f"nothing to send from number {last + 1} on" in refused.stderr) == (1, True)
    assert "no time such as" in hub("replay", id, "--from", "yesterday").stderr
    told = hub("replay", id, "--from", str(first))
    assert f"goes on from entry {first}" in told.stdout
    assert "2 entries are ahead of it" in told.stdout
    eventually(lambda: names(listener)[before:] == ["Ann", "Bea"], "both arrive again, in order")


def test_listeners_are_listed_shown_and_tested(operator: Operator, listener: Listener, hub: Hub) -> None:
    operator.serve("--no-relay")
    assert hub("list").stdout == "No listener is registered\n"
    with httpx.Client(base_url=operator.url + PARTY) as client:
        id = client.post("/hub", json={"callback": listener.url, "query": "eventType=IndividualCreateEvent"}).json()[
            "id"
        ]
    heading, line = hub("list").stdout.splitlines()
    assert heading.split() == ["ID", "API", "VERSION", "STATE", "LAG", "LAST", "DELIVERED", "LAST", "ERROR", "HOST"]
    assert line.split()[:5] == [id, "party", "v4", "active", "0"]
    assert line.split()[-1] in listener.url
    (listed,) = json.loads(hub("list", "--json").stdout)
    assert listed.items() <= {**state(hub, id), "host": listed["host"]}.items()
    assert f"callback: {listener.url}" in hub("show", id).stdout.splitlines()

    before = state(hub, id)
    tested = hub("test", id)
    assert (tested.returncode, listener.types()) == (0, ["LiaisonTestEvent"]), tested.stderr
    assert "answer: HTTP status 204" in tested.stdout
    assert state(hub, id) == before
    unknown = hub("show", "unknown")
    assert (unknown.returncode, unknown.stderr) == (1, "Error: There is no registration 'unknown' at any hub\n")


def test_secrets_are_nowhere_to_be_seen(operator: Operator, listener: Listener, hub: Hub) -> None:
    operator.chosen["LIAISON_LOG_LEVEL"] = "debug"
    operator.serve()
    with httpx.Client(base_url=operator.url + PARTY) as client:
        first = client.post("/hub", json={"callback": listener.url, **SECRETS}, headers={"Idempotency-Key": "once"})
        wrong = client.post("/hub", json={"callback": listener.url, "secret": SECRET + "x", "authentication": [TOKEN]})
        client.post("/individual", json={"givenName": "Ann", "familyName": "Smith"}).raise_for_status()
        eventually(lambda: listener.received, "the event arrives")
        id = first.json()["id"]
        read = client.get(f"/hub/{id}")
    assert (first.status_code, wrong.status_code, read.status_code) == (201, 400, 200)
    told = [hub(*arguments) for arguments in (("list",), ("show", id), ("list", "--json"), ("test", id), ("pause", id))]
    assert [each.returncode for each in told] == [0] * len(told)
    assert "webhook-signature: v1," in told[3].stdout
    uri = running_uri(operator.directory)
    assert uri
    with MongoClient[dict[str, Any]](uri) as client:
        rows = [row for name in client["liaison"].list_collection_names() for row in client["liaison"][name].find()]
    assert any(row["_id"] == id for row in rows)
    everything = [*(each.stdout + each.stderr for each in told), first.text, wrong.text, read.text, repr(rows)]
    for text in (SECRET, TOKEN):
        assert not any(text in seen for seen in (*everything, operator.log))


def test_a_signed_listener_can_check_what_it_gets(operator: Operator, listener: Listener, hub: Hub) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url + PARTY) as client:
        id = client.post("/hub", json={"callback": listener.url, **SECRETS}).json()["id"]
    assert hub("test", id).returncode == 0
    headers, body = listener.requests[0]
    assert headers["Liaison-Test"] == "true"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert Webhook(SECRET).verify(body, headers)["eventType"] == "LiaisonTestEvent"
