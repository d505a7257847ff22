# SPDX-License-Identifier: Apache-2.0
"""Terminate Customer Relationship (eTOM 1.3.4.4), told as stories, and as a table of what stands against an end."""

import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.contract.answers import created, refused
from tests.contract.performing import (
    BASE,
    FLOWS,
    INTERACTIONS,
    ROLES,
    TERMINATE,
    Document,
    Performer,
    answer,
    begin,
    flow_body,
    interaction_with,
    new_customer,
    party_of,
    performing,
    read,
    states,
    tasks,
    values,
    with_policies,
)
from tests.listening import answering

DAY = timedelta(days=1)
HOLDS = "/tmf-api/legalHoldManagement/v5/legalHold"

REASONS = {
    "ceasedToExist": {"openInteraction": "proceed", "blocked": "person", "legalHold": "proceed"},
    "fraud": {"openInteraction": "proceed", "blocked": "proceed", "otherwise": "person", "legalHold": "refuse"},
    "enterpriseDecision": {"openInteraction": "refuse", "blocked": "refuse", "unanswered": "refuse"},
    "customerWish": {"openInteraction": "person", "blocked": "refuse", "coolingOff": "P14D"},
}


class Billing:
    """A partner system that is asked before a relationship ends: what it was asked, and how it answers."""

    def __init__(self) -> None:
        self.asked: list[Document] = []
        self.answer: Any = {"permitted": True}
        self.status, self.seconds = 200, 0.0


@pytest.fixture(scope="module")
def billing() -> Iterator[tuple[Billing, str]]:
    system = Billing()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            system.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(system.seconds)
            body = json.dumps(system.answer).encode()
            self.send_response(system.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with answering(Handler) as port:
        yield system, f"http://127.0.0.1:{port}/checks"


@pytest.fixture(scope="module")
def performer(
    settings: Settings, billing: tuple[Billing, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Performer]:
    policy = {
        "reasons": REASONS,
        "checks": [{"name": "unpaidBills", "url": billing[1], "seconds": 0.4}],
        "dismantle": {"billing": "P2D"},
        "informed": ["payer"],
    }
    folder: Path = tmp_path_factory.mktemp("policies")
    local = dataclasses.replace(settings, callback_networks="127.0.0.0/8")
    with performing(with_policies(local, folder, terminate=policy)) as made:
        yield made


@pytest.fixture
def system(billing: tuple[Billing, str]) -> Billing:
    """The partner system; it permits all."""
    billing[0].__init__()  # type: ignore[misc]
    return billing[0]


def hold(customer: Document) -> Document:
    held = [{"@type": "EntityRef", "id": customer["id"], "@referredType": "Customer"}]
    return {"@type": "LegalHold", "reason": "Dispute", "placedBy": "Legal department", "heldEntity": held}


def nothing(client: httpx.Client, customer: Document, system: Billing) -> None:
    """Nothing stands against it."""


def open_interaction(client: httpx.Client, customer: Document, system: Billing) -> None:
    created(client, INTERACTIONS, interaction_with(party_of(customer)))


def blocked(client: httpx.Client, customer: Document, system: Billing) -> None:
    system.answer = {"permitted": False, "reason": "two bills are unpaid"}


def check_down(client: httpx.Client, customer: Document, system: Billing) -> None:
    system.status = 500


def check_slow(client: httpx.Client, customer: Document, system: Billing) -> None:
    system.seconds = 0.6


def check_odd(client: httpx.Client, customer: Document, system: Billing) -> None:
    system.answer = {"permitted": "yes"}


def legal_hold(client: httpx.Client, customer: Document, system: Billing) -> None:
    created(client, HOLDS, hold(customer))


DONE, HELD, ENDED, WAITS = "completed", "hold", "cancelled", "active"
"""The states of the task, and of the flow where it is refused."""

TABLE = {
    nothing: {"ceasedToExist": DONE, "fraud": HELD, "enterpriseDecision": DONE, "customerWish": DONE},
    open_interaction: {"ceasedToExist": DONE, "fraud": DONE, "enterpriseDecision": ENDED, "customerWish": HELD},
    blocked: {"ceasedToExist": HELD, "fraud": DONE, "enterpriseDecision": ENDED, "customerWish": ENDED},
    check_down: {"ceasedToExist": HELD, "fraud": HELD, "enterpriseDecision": ENDED, "customerWish": HELD},
    check_slow: {"ceasedToExist": HELD, "fraud": HELD, "enterpriseDecision": ENDED, "customerWish": HELD},
    check_odd: {"ceasedToExist": HELD, "fraud": HELD, "enterpriseDecision": ENDED, "customerWish": HELD},
    legal_hold: {"ceasedToExist": DONE, "fraud": ENDED, "enterpriseDecision": HELD, "customerWish": HELD},
}


@pytest.mark.parametrize("finding", TABLE, ids=lambda finding: finding.__name__)
def test_what_stands_against_an_end_is_weighed_by_its_reason(
    client: httpx.Client, perform: Performer, system: Billing, finding: Any
) -> None:
    flows: dict[str, Document] = {}
    for reason in TABLE[finding]:
        customer = new_customer(client)
        finding(client, customer, system)
        flows[reason] = begin(client, TERMINATE, customer, reason=reason)
    for _ in range(4):
        perform(timedelta(seconds=10))  # A check that does not answer is asked again, a few times.

    def outcome(flow: Document) -> str:
        task = tasks(client, flow)["appropriate"]
        return ENDED if read(client, flow)["state"] == ENDED else str(task["state"])

    assert {reason: outcome(flow) for reason, flow in flows.items()} == TABLE[finding]
    for flow in flows.values():
        assert system.asked[0]["customer"].keys() == {"id"}
        if outcome(flow) in (HELD, ENDED):
            assert values(tasks(client, flow)["appropriate"])["reason"]


def test_who_wants_only_services_ended_is_told_what_to_do(client: httpx.Client, perform: Performer) -> None:
    customer = new_customer(client)
    flow = begin(client, TERMINATE, customer, reason="endOfServices")
    perform()
    assert read(client, flow)["state"] == "cancelled"
    assert "order their end (TMF622)" in values(tasks(client, flow)["appropriate"])["reason"]
    assert read(client, customer)["status"] == "Active"


def test_a_wish_waits_for_its_date_and_its_cooling_off_and_can_be_revoked_until_then(
    client: httpx.Client, perform: Performer, system: Billing
) -> None:
    kept, revoked = new_customer(client), new_customer(client)
    ending = begin(client, TERMINATE, kept, reason="customerWish")
    other = begin(client, TERMINATE, revoked, reason="customerWish")
    perform()
    assert states(client, ending)["wishes"] == WAITS
    assert "it can be revoked until then" in values(tasks(client, ending)["wishes"])["reason"]
    perform(13 * DAY)
    cancel = {"taskFlowSpecification": "cancel", "characteristic": [{"name": "reason", "value": "She stays"}]}
    created(client, f"{other['href']}/taskFlow", cancel)
    perform(DAY / 2)
    assert (read(client, other)["state"], states(client, ending)["wishes"]) == ("cancelled", WAITS)
    perform(DAY)
    assert states(client, ending)["wishes"] == DONE
    assert "too late for cancel" in refused(client.post(f"{ending['href']}/taskFlow", json=cancel), 409, "69")
    perform(3 * DAY)
    assert read(client, ending)["state"] == DONE
    assert (read(client, kept)["status"], read(client, revoked)["status"]) == ("Terminated", "Active")


def test_the_happy_way_informs_each_party_once_dismantles_and_ends(
    client: httpx.Client, perform: Performer, system: Billing
) -> None:
    payer = {"@type": "PartyRef", "id": "payer-1", "name": "Payer", "@referredType": "Organization"}
    agent = {"@type": "PartyRef", "id": "agent-1", "name": "Agent", "@referredType": "Individual"}
    related = [
        {"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": party}
        for role, party in (("payer", payer), ("payer", payer), ("accountManager", agent))
    ]
    customer = new_customer(client, relatedParty=related)
    of_customer = {"@type": "PartyRoleRef", "id": customer["id"], "@referredType": "Customer"}
    related = [{"@type": "RelatedPartyOrPartyRole", "role": "subscriber", "partyOrPartyRole": of_customer}]
    subscriber = {"@type": "PartyRole", "name": "User", "status": "Active", "engagedParty": agent}
    role = created(client, ROLES, {**subscriber, "relatedParty": related})
    flow = begin(client, TERMINATE, customer, reason="ceasedToExist")
    perform()

    told = [each["relatedParty"][0]["partyOrPartyRole"]["id"] for each in client.get(INTERACTIONS).json()]
    assert sorted(told) == sorted([customer["engagedParty"]["id"], "payer-1"])
    assert states(client, flow)["dismantleBilling"] == HELD
    assert (states(client, flow)["dismantleFulfillment"], read(client, customer)["status"]) == (DONE, "Active")
    assert answer(client, tasks(client, flow)["dismantleBilling"], acknowledged=True).status_code == 200
    perform()
    assert read(client, flow)["state"] == DONE
    ended = read(client, customer)
    assert (ended["status"], ended["statusReason"]) == ("Terminated", "ceasedToExist")
    assert ended["validFor"]["endDateTime"]
    assert (read(client, role)["status"], read(client, role)["statusReason"]) == ("Terminated", "ceasedToExist")
    assert len(client.get(INTERACTIONS).json()) == 2


def test_a_system_that_does_not_acknowledge_in_time_is_named(
    client: httpx.Client, perform: Performer, system: Billing
) -> None:
    flow = begin(client, TERMINATE, new_customer(client), reason="ceasedToExist")
    perform()
    perform(DAY)
    assert states(client, flow)["dismantleBilling"] == HELD
    perform(1.1 * DAY)
    task = tasks(client, flow)["dismantleBilling"]
    assert (task["state"], values(task)["missing"], values(task)["overdue"]) == (DONE, "billing", True)
    assert read(client, flow)["state"] == DONE
    assert client.get(f"{FLOWS}?state=completed&relatedEntity.id={flow['relatedEntity'][0]['id']}").json()


def test_a_person_may_decline(client: httpx.Client, perform: Performer, system: Billing) -> None:
    customer = new_customer(client)
    flow = begin(client, TERMINATE, customer, reason="fraud")
    perform()
    answer(client, tasks(client, flow)["appropriate"], decision="decline", decisionReason="Not proven")
    perform()
    assert (read(client, flow)["state"], read(client, customer)["status"]) == ("cancelled", "Active")
    assert values(tasks(client, flow)["appropriate"])["reason"] == "Not proven"


def test_what_is_overdue_is_found_by_a_filter(client: httpx.Client, perform: Performer, system: Billing) -> None:
    flow = begin(client, TERMINATE, new_customer(client), reason="fraud")
    perform()
    perform(2 * DAY)
    until = (perform.now()).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = client.get(f"{flow['href']}/taskFlow?state=hold&requestedCompletionDate.lt={until}").json()
    assert [(each["id"], values(each)["overdue"]) for each in late] == [("appropriate", True)]


def test_the_customer_that_has_left_is_not_ended_again(
    client: httpx.Client, perform: Performer, system: Billing
) -> None:
    customer = new_customer(client, status="Terminated")
    flow = begin(client, TERMINATE, customer, reason="ceasedToExist")
    perform()
    assert values(tasks(client, flow)["appropriate"])["reason"] == "there is no relationship to end"
    assert client.get(f"{BASE}/processFlow?state=cancelled").json()[0]["id"] == flow["id"]


def test_a_customer_that_is_not_there_is_told_at_once(client: httpx.Client) -> None:
    assert "refers to the Customer" in refused(
        client.post(FLOWS, json=flow_body(TERMINATE, "no", reason="fraud")), 400, "24"
    )
