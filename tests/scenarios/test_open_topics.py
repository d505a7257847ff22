# SPDX-License-Identifier: Apache-2.0
"""A partner reports events to a topic of its own: they are logged and told like all others."""

import json
from typing import Any

import httpx

from tests.contract.bodies import customer, individual
from tests.listening import Listener, listening
from tests.paths import CUSTOMER, EVENTS, INDIVIDUAL
from tests.scenarios.operator import Operator, has_announced_processes
from tests.waiting import eventually

SUSPECTED = {"eventType": "FraudSuspectedEvent", "event": {"case": {"id": "4711", "score": 87}}}


def scores(listener: Listener) -> list[int]:
    """The scores of the cases, which come in any order: each event is a resource of its own."""
    return sorted(event["event"]["case"]["score"] for event in listener.received)


def test_a_reported_event_waits_for_a_relay_and_is_told_to_all_who_want_it(
    operator: Operator, listener: Listener
) -> None:
    operator.chosen["LIAISON_OPEN_TOPICS"] = "true"
    operator.serve("--no-relay")
    with listening() as everywhere, listening() as severe:
        with httpx.Client(base_url=operator.url + EVENTS) as client:
            topic = client.post("/topic", json={"name": "Fraud"}).json()
            client.post(f"{topic['href']}/hub", json={"callback": listener.url}).raise_for_status()
            query = "event.case.score.gt=80&fields=score"
            client.post(f"{topic['href']}/hub", json={"callback": severe.url, "query": query}).raise_for_status()
            client.post("/hub", json={"callback": everywhere.url}).raise_for_status()
            client.post(f"{topic['href']}/event", json={**SUSPECTED, "eventId": "first"}).raise_for_status()
            low = {**SUSPECTED, "event": {"case": {"score": 5}}}
            last = client.post(f"{topic['href']}/event", json=low).json()
        operator.chosen["LIAISON_OPEN_TOPICS"] = "false"
        operator.relay()
        eventually(lambda: scores(listener) == [5, 87], "the listener of the topic hears both")
        eventually(lambda: len(told_of_clients(everywhere)) == 3, "the listener of all topics hears of the topic, too")
        eventually(lambda: severe.received, "one listener wants the severe one only")
        (logged,) = operator.log_entries(resource="Event", resourceId=last["id"])

    (first,) = (each for each in listener.received if each["eventId"] == "first")
    assert first.items() >= SUSPECTED.items()
    assert last["id"] == logged["eventId"]
    assert last["id"] in {headers["webhook-id"] for headers, _ in listener.requests}
    heard = sorted(told_of_clients(everywhere), key=lambda each: str(each["eventType"]), reverse=True)
    assert [each["eventType"] for each in heard] == ["TopicCreateEvent", "FraudSuspectedEvent", "FraudSuspectedEvent"]
    assert heard[0]["event"]["topic"] == topic
    assert [event["event"] for event in severe.received] == [{"case": {"id": "4711", "score": 87}}]
    assert "FraudSuspectedEvent revision 1" in operator.run("audit", "show", "Event", last["id"]).stdout


def told_of_clients(listener: Listener) -> list[dict[str, Any]]:
    """The events that a listener was sent of what clients did; a first start announces its processes, too."""
    return [each for each in listener.received if "FlowSpecification" not in each["eventType"]]


def test_an_operator_looks_after_a_listener_of_all_topics(operator: Operator, listener: Listener) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url) as client:
        eventually(lambda: has_announced_processes(client), "the first start has announced its processes")
        id = client.post(f"{EVENTS}/hub", json={"callback": listener.url}).json()["id"]
        client.post(INDIVIDUAL, json=individual()).raise_for_status()
        client.post(CUSTOMER, json=customer()).raise_for_status()
        told = ["CustomerCreateEvent", "IndividualCreateEvent"]
        eventually(lambda: sorted(listener.types()) == told, "the events of all APIs arrive")
        eventually(lambda: client.get(f"{EVENTS}/hub/{id}").json()["lag"] == 0, "the position is stored")

    assert operator.run("hub", "list").stdout.splitlines()[1].split()[:5] == [id, "event", "v4", "active", "0"]
    shown = json.loads(operator.run("hub", "show", id, "--json").stdout)
    entries = operator.log_entries()
    assert (shown["api"], shown["position"]) == ("event", entries[-1]["_id"])
    tested = operator.run("hub", "test", id)
    assert (tested.returncode, listener.types()[2:]) == (0, [entries[-1]["eventType"]]), tested.stderr
    assert "is paused" in operator.run("hub", "pause", id).stdout
    assert "2 entries are ahead of it" in operator.run("hub", "replay", id, "--from", str(entries[-2]["_id"])).stdout
    assert len(listener.received) == 3
    assert "is active" in operator.run("hub", "resume", id).stdout
    eventually(lambda: sorted(listener.types()[3:]) == told, "all arrive again")
