# SPDX-License-Identifier: Apache-2.0
"""A notice of thirty days outlasts the server: what is due is done once, however often that was restarted."""

import os
import signal
import subprocess
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx

from app.domain import dates
from tests.contract.answers import created
from tests.contract.bodies import individual
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    INDIVIDUALS,
    TERMINATE,
    Document,
    begin,
    new_customer,
    read,
    states,
)
from tests.scenarios.operator import Operator
from tests.waiting import eventually

CLOCK = Path(__file__).parent / "moved_clock"
NOTICE = timedelta(days=30)
DUE_SECONDS = 5.0
"""Within which a relay does what was past due when it started."""


def serve(operator: Operator, days: int) -> subprocess.Popen[bytes]:
    """A server whose clock is so many days ahead."""
    path = os.pathsep.join(filter(None, (str(CLOCK), os.environ.get("PYTHONPATH"))))
    operator.chosen |= {"CLOCK_AHEAD_DAYS": str(days), "PYTHONPATH": path}
    return operator.serve()


def start_working(operator: Operator, client: httpx.Client) -> None:
    """Return once the relay, which has the runner with it, works: it has logged what was created just now."""
    party = created(client, INDIVIDUALS, individual())
    eventually(lambda: operator.log_entries(resourceId=party["id"]), "the relay works")


def let_runner_look(operator: Operator, client: httpx.Client) -> None:
    """Return once the runner has looked, and the log tells what it did: another flow, begun now, has ended."""
    flow = begin(client, TERMINATE, new_customer(client), reason="endOfServices")
    ended = {"eventType": "ProcessFlowStateChangeEvent", "resourceId": flow["id"]}
    eventually(lambda: operator.log_entries(**ended), "the runner looks for what is due")


def effects(operator: Operator, customer: Document, flow: Document) -> Counter[str]:
    """How often the log tells that the flow went on after the wait, that the customer has left, and of each notice."""
    ended = operator.log_entries(eventType="CustomerStateChangeEvent", resourceId=customer["id"])
    noticed = operator.log_entries(eventType="PartyInteractionCreateEvent")
    waited = operator.log_entries(eventType="TaskFlowStateChangeEvent", resourceId=f"{flow['id']}/wishes")
    finished = operator.log_entries(eventType="ProcessFlowStateChangeEvent", resourceId=flow["id"])
    return Counter(ended=len(ended), noticed=len(noticed), waited=len(waited), finished=len(finished))


def test_a_notice_of_thirty_days_fires_once_over_three_restarts_and_soon_when_it_is_past_due(
    operator: Operator,
) -> None:
    server = serve(operator, 0)
    with httpx.Client(base_url=operator.url) as client:
        customer = new_customer(client)
        wished = (dates.now() + NOTICE).date().isoformat()
        flow = begin(client, TERMINATE, customer, reason="customerWish", wishedDate=wished)
        eventually(lambda: states(client, flow)["wishes"] == "active", "the flow waits for its date")
        operator.kill(server)

        server = serve(operator, NOTICE.days - 1)
        let_runner_look(operator, client)
        assert (states(client, flow)["wishes"], read(client, customer)["status"]) == ("active", "Active")
        server.send_signal(signal.SIGTERM)
        server.wait(60)

        server = serve(operator, NOTICE.days + 1)
        start_working(operator, client)
        eventually(lambda: states(client, flow)["wishes"] == "completed", "what is past due is done", DUE_SECONDS)
        eventually(lambda: read(client, flow)["state"] == "completed", "the flow ends")
        assert read(client, customer)["status"] == "Terminated"
        operator.kill(server)

        serve(operator, NOTICE.days + 2)
        let_runner_look(operator, client)
        assert effects(operator, customer, flow) == {"ended": 1, "noticed": 1, "waited": 2, "finished": 1}
        assert len(client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()) == 1
