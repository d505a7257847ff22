# SPDX-License-Identifier: Apache-2.0
"""Flows and whoever is there at the same time: clients, two runners, one that was frozen; and lives of customers."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.contract.answers import created
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    INTERACTIONS,
    REESTABLISH,
    TERMINATE,
    Document,
    Performer,
    Settle,
    begin,
    flow_body,
    new_customer,
    party_of,
    past_interaction,
    read,
    states,
)
from tests.served import share

CLIENTS = 32
LIVES = share(20, ["lives"])


def test_of_many_who_end_a_customer_at_once_one_does(client: httpx.Client, settle: Settle) -> None:
    body = flow_body(TERMINATE, new_customer(client), reason="customerWish")
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda _: client.post(FLOWS, json=body), range(CLIENTS)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLIENTS - 1}
    (first,) = [answer.json()["href"] for answer in answers if answer.status_code == 201]
    assert all(first in answer.json()["message"] for answer in answers if answer.status_code == 409)
    settle()
    assert len(client.get(INTERACTIONS).json()) == 1


def test_two_runners_at_once_do_nothing_twice(client: httpx.Client, settle: Settle, settings: Settings) -> None:
    flows = [begin(client, TERMINATE, new_customer(client), reason="customerWish") for _ in range(5)]

    async def both() -> None:
        liaisons = [Liaison(settings, connect(settings)) for _ in range(2)]
        runners = [each.processes.runner(lease_seconds=0.01) for each in liaisons]
        # Each believes that it leads, as one does that was frozen past its lease.
        await asyncio.gather(*(_lead(runner) for runner in runners))
        for each in liaisons:
            await each.release()
            await each.client.close()

    async def _lead(runner: Any) -> None:
        async def hold() -> bool:
            return True

        runner._lease.hold = hold
        for _ in range(30):
            await runner.perform_due()

    asyncio.run(both())
    settle()
    assert {read(client, flow)["state"] for flow in flows} == {"completed"}
    assert len(client.get(INTERACTIONS).json()) == len(flows)


def test_a_runner_that_was_frozen_writes_nothing(client: httpx.Client, settle: Settle, performer: Performer) -> None:
    flow = begin(client, TERMINATE, new_customer(client), reason="customerWish")
    flows = performer.liaison.processes.flows
    assert flows is not None, "the server serves flows"
    frozen = performer.run(flows.read(flow["id"]))
    settle()
    done, told = read(client, flow), client.get(INTERACTIONS).json()
    assert performer.runner is not None, "the server serves flows"
    performer.run(performer.runner._turn(frozen))
    settle()
    assert (read(client, flow), client.get(INTERACTIONS).json()) == (done, told)


def test_an_end_while_the_party_goes_ends_in_order(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client)
    flow = begin(client, TERMINATE, customer, reason="ceasedToExist")
    party = f"/tmf-api/party/v4/individual/{customer['engagedParty']['id']}"
    refused = client.delete(party)
    assert refused.status_code == 409
    settle()
    assert (read(client, flow)["state"], client.delete(party).status_code) == ("completed", 204)


def test_who_comes_back_while_it_is_archived_is_there_or_archived_and_never_half(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    customer = new_customer(client, status="Terminated", statusReason="wish")
    settle()
    archiving = begin(client, ARCHIVE, customer, atOnce=True)
    back = begin(client, REESTABLISH, customer)
    settle()
    settle()
    outcome = read(client, archiving)["state"], read(client, back)["state"]
    there = client.get(customer["href"]).status_code == 200
    assert outcome in {("cancelled", "completed"), ("completed", "completed"), ("completed", "cancelled")}
    bundles = mongo[database_name]["archiveBundle"].count_documents({"document.status": "archived"})
    assert there != bool(bundles)


STEPS = st.lists(
    st.sampled_from(["patch", "interaction", "suspend", "resume", "terminate", "archive", "reestablish"]),
    min_size=1,
    max_size=12,
)


def test_a_life_with_archives_is_one_without_but_for_status_validity_and_revision(
    client: httpx.Client, settle: Settle
) -> None:
    @settings(max_examples=LIVES, deadline=None)
    @given(STEPS)
    def law(steps: list[str]) -> None:
        _Life(client, settle).live(steps)

    law()


class _Life:
    """A customer, and a model of it that never archives anything."""

    def __init__(self, client: httpx.Client, settle: Settle) -> None:
        self._client, self._settle = client, settle
        self._customer = new_customer(client, description="0")
        self._description, self._state, self._count = "0", "Active", 0
        self._interactions: dict[str, Document] = {}
        self._archived = False

    def live(self, steps: list[str]) -> None:
        for step in steps:
            self._take(step)
        if self._archived:
            self._take("reestablish")
        shown = read(self._client, self._customer)
        volatile = {"status", "statusReason", "validFor", "description"}
        expected = {name: value for name, value in self._customer.items() if name not in volatile}
        assert {name: value for name, value in shown.items() if name not in volatile} == expected
        assert (shown["description"], shown["status"]) == (self._description, self._state)
        for id, made in self._interactions.items():
            assert self._client.get(f"{INTERACTIONS}/{id}").json() == made

    def _take(self, step: str) -> None:
        self._count += 1
        if step == "patch" and not self._archived:
            self._description = str(self._count)
            patch = {"description": self._description}
            assert self._client.patch(self._customer["href"], json=patch).status_code == 200
        elif step == "interaction":
            made = created(
                self._client,
                INTERACTIONS,
                past_interaction(party_of(self._customer), reason=f"Call {self._count}"),
            )
            self._interactions[made["id"]] = made
        elif step in ("suspend", "resume") and self._state in ("Active", "Suspended"):
            self._state = "Suspended" if step == "suspend" else "Active"
            assert self._client.patch(self._customer["href"], json={"status": self._state}).status_code == 200
        elif step == "terminate" and self._state in ("Active", "Suspended"):
            self._flow(TERMINATE, "completed", reason="ceasedToExist")
            self._state = "Terminated"
        elif step == "archive" and self._state == "Terminated" and not self._archived:
            self._archive()
        elif step == "reestablish" and self._state in ("Suspended", "Terminated"):
            self._flow(REESTABLISH, "completed")
            self._state, self._archived = "Active", False

    def _archive(self) -> None:
        (waiting,) = self._client.get(
            f"{FLOWS}?processFlowSpecification={ARCHIVE}&state=active&sort=-processFlowDate"
        ).json()[:1]
        assert waiting["relatedEntity"][0]["id"] == self._customer["id"]
        asked = {"taskFlowSpecification": "hasten", "characteristic": [{"name": "reason", "value": "Now"}]}
        created(self._client, f"{waiting['href']}/taskFlow", asked)
        self._settle()
        assert read(self._client, waiting)["state"] == "completed", states(self._client, waiting)
        self._archived = True

    def _flow(self, process: str, state: str, **told: str) -> None:
        flow = begin(self._client, process, self._customer, **told)
        self._settle()
        assert read(self._client, flow)["state"] == state, states(self._client, flow)
