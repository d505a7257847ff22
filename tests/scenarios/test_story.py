# SPDX-License-Identifier: Apache-2.0
"""A partner's day: a party becomes a customer, is talked to, and everybody hears about it."""

from typing import Any

import httpx

from tests.contract.answers import created
from tests.listening import Listener, listening
from tests.paths import INDIVIDUAL, PARTY
from tests.scenarios.operator import Operator
from tests.waiting import eventually

CUSTOMER = "/tmf-api/customerManagement/v4"
INTERACTION = "/tmf-api/partyInteraction/v4"


def reference(of: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"id": of["id"], "href": of["href"], "@referredType": of["@type"], **more}


def test_a_party_becomes_a_customer_and_a_listener_hears_every_step(operator: Operator, listener: Listener) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url) as client:
        for base in (PARTY, CUSTOMER, INTERACTION):
            created(client, f"{base}/hub", {"callback": listener.url})

        party = created(client, INDIVIDUAL, {"givenName": "Jane", "familyName": "Smith"})
        client.patch(party["href"], json={"status": "validated"}).raise_for_status()
        customer = created(client, f"{CUSTOMER}/customer", {"name": "Jane Smith", "engagedParty": reference(party)})
        for status in ("Approved", "Active"):
            client.patch(customer["href"], json={"status": status}).raise_for_status()
        interaction = created(
            client,
            f"{INTERACTION}/partyInteraction",
            {
                "reason": "Asks for a fibre line",
                "direction": "inbounds",
                "channel": [{"id": "shop-17", "name": "Shop in the High Street"}],
                "relatedParty": [reference(party, role="user"), reference(customer, role="customer")],
            },
        )
        client.patch(interaction["href"], json={"status": "inProgress", "description": "Offer made"}).raise_for_status()
        client.patch(interaction["href"], json={"status": "completed"}).raise_for_status()

        expected = {
            "IndividualCreateEvent": 1,
            "IndividualStateChangeEvent": 1,
            "CustomerCreateEvent": 1,
            "CustomerStateChangeEvent": 2,
            "PartyInteractionCreateEvent": 1,
            "PartyInteractionAttributeValueChangeEvent": 1,
            "PartyInteractionStatusChangeEvent": 2,
        }
        eventually(lambda: len(listener.received) >= sum(expected.values()), "every event arrives")
        assert {name: listener.types().count(name) for name in set(listener.types())} == expected

        last = next(event for event in reversed(listener.received) if "partyInteraction" in event["event"])
        assert last["event"]["partyInteraction"] == client.get(interaction["href"]).json()
        assert client.delete(party["href"]).status_code == 409


def test_each_listener_is_told_in_the_version_of_its_hub(operator: Operator, listener: Listener) -> None:
    operator.serve()
    newer_party = PARTY.replace("v4", "v5")
    with httpx.Client(base_url=operator.url) as client, listening() as newer:
        created(client, f"{PARTY}/hub", {"callback": listener.url})
        created(client, f"{newer_party}/hub", {"@type": "Hub", "callback": newer.url})
        body = {"@type": "Individual", "givenName": "Jane", "familyName": "Smith", "name": "Jane Smith"}
        party = created(client, f"{newer_party}/individual", body)
        client.patch(f"{INDIVIDUAL}/{party['id']}", json={"fullName": "Jane Smith-Roe"}).raise_for_status()
        eventually(lambda: len(listener.received) == 2 and len(newer.received) == 2, "both hear of both")
        whole = client.get(f"{INDIVIDUAL}/{party['id']}").json()

    assert listener.received[1]["event"]["individual"] == whole
    told = newer.received[1]
    assert told["@type"] == told["eventType"] == "IndividualAttributeValueChangeEvent"
    assert told["event"]["individual"] == {
        "id": party["id"],
        "href": party["href"],
        "@type": "Individual",
        "@baseType": "Party",
        "name": "Jane Smith-Roe",
    }
    assert listener.received[1]["eventId"] == told["eventId"]


def test_what_was_written_before_a_crash_is_announced_after_it(operator: Operator, listener: Listener) -> None:
    server = operator.serve("--no-relay")
    with httpx.Client(base_url=operator.url) as client:
        created(client, f"{PARTY}/hub", {"callback": listener.url})
        party = created(client, INDIVIDUAL, {"givenName": "Jane", "familyName": "Smith"})
    assert operator.log_entries() == []
    operator.kill(server)
    assert listener.received == []

    operator.serve()
    eventually(lambda: listener.received, "the event arrives")
    entries = operator.log_entries(resourceId=party["id"])
    assert [entry["eventType"] for entry in entries] == ["IndividualCreateEvent"]
    assert [event["eventId"] for event in listener.received] == [entries[0]["eventId"]]
    assert listener.received[0]["event"]["individual"] == party


def test_a_relay_may_run_apart_from_the_server(operator: Operator, listener: Listener) -> None:
    operator.serve("--no-relay")
    relay = operator.relay()
    with httpx.Client(base_url=operator.url) as client:
        created(client, f"{PARTY}/hub", {"callback": listener.url, "query": "eventType=IndividualDeleteEvent"})
        party = created(client, INDIVIDUAL, {"givenName": "Jane", "familyName": "Smith"})
        assert client.delete(party["href"]).status_code == 204
    eventually(lambda: listener.received, "the event arrives")
    assert listener.types() == ["IndividualDeleteEvent"]
    relay.terminate()
    assert relay.wait(20) == 0


def test_data_are_kept_between_runs_and_a_second_server_is_refused(operator: Operator) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url) as client:
        party = created(client, INDIVIDUAL, {"givenName": "Jane", "familyName": "Smith"})
    second = Operator(operator.directory)
    try:
        process = second.start("serve", "--port", str(second.port))
        assert process.wait(60) == 1
        assert "--data" in second.log
    finally:
        second.stop()
    operator.stop()
    operator.serve()
    assert httpx.get(f"{operator.url}{INDIVIDUAL}/{party['id']}").json() == party
