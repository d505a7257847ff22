# SPDX-License-Identifier: Apache-2.0
"""Performs flows at once, beside a server, by a clock that a test moves."""

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from app.composition.factory import Liaison
from app.domain import dates
from app.processes.turn import Retries
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.contract.answers import created
from tests.contract.bodies import individual

BASE = "/tmf-api/processFlowManagement/v4"
FLOWS = f"{BASE}/processFlow"
CUSTOMERS = "/tmf-api/customerManagement/v5/customer"
INTERACTIONS = "/tmf-api/partyInteraction/v5/partyInteraction"
ROLES = "/tmf-api/partyRoleManagement/v5/partyRole"
INDIVIDUALS = "/tmf-api/party/v4/individual"
TERMINATE, REESTABLISH = "TerminateCustomerRelationship", "ReestablishCustomerRelationship"
ESTABLISH = "EstablishCustomerRelationship"
ARCHIVE, ERASE = "ArchiveCustomerRelationship", "ErasePartyData"

Document = dict[str, Any]
Settle = Callable[..., None]
"""Performs what is due and relays what waits; takes how far the clock moves on first."""


class Performer:
    """Performs all that is due at the instant of its clock, which is `ahead` of the real one."""

    def __init__(self, settings: Settings, run: Callable[..., Any]) -> None:
        self.run = run
        self.ahead = timedelta()
        self.liaison = Liaison(settings, connect(settings))
        self.runner = self.liaison.processes.runner(clock=self.now, retries=Retries(timedelta(seconds=1)))

    def now(self) -> datetime:
        """The instant of the clock."""
        return dates.now() + self.ahead

    def __call__(self, ahead: timedelta = timedelta()) -> None:
        """Move the clock on by so much, and perform what is due by then."""
        self.ahead += ahead
        self.run(self._perform())

    async def _perform(self) -> None:
        assert self.runner is not None, "the server serves flows"
        while await self.runner.perform_due():
            pass


@contextmanager
def performing(settings: Settings) -> Iterator[Performer]:
    """A performer, for as long as the block lasts."""
    with asyncio.Runner() as runner:
        performer = Performer(settings, runner.run)
        try:
            yield performer
        finally:
            runner.run(performer.liaison.release())
            runner.run(performer.liaison.client.close())


def with_policies(settings: Settings, folder: Path, **policies: Any) -> Settings:
    """The settings with these policies, by process, in a file in the folder."""
    file = folder / "policies.yaml"
    file.write_text(yaml.safe_dump(policies), encoding="utf-8")
    return dataclasses.replace(settings, policies=str(file))


def new_customer(client: httpx.Client, **more: Any) -> Document:
    """An active customer, and the individual that it is."""
    party = created(client, INDIVIDUALS, individual())
    engaged = {"@type": "PartyRef", "id": party["id"], "@referredType": "Individual", "name": "Ngozi Okafor"}
    return created(
        client, CUSTOMERS, {"@type": "Customer", "name": "Ngozi", "status": "Active", "engagedParty": engaged, **more}
    )


def interaction_with(*parties: str, **more: Any) -> Document:
    """The body of an interaction in which these parties took part, with `more` attributes."""
    related = [
        {
            "@type": "RelatedPartyOrPartyRole",
            "role": "caller",
            "partyOrPartyRole": {"@type": "PartyRef", "id": id, "@referredType": "Individual", "name": f"Name of {id}"},
        }
        for id in parties
    ]
    channel = {"@type": "RelatedChannel", "role": "contact", "channel": {"@type": "ChannelRef", "id": "4"}}
    body = {"@type": "PartyInteraction", "reason": "Complaint", "direction": "inbound", "relatedChannel": [channel]}
    return {**body, "relatedParty": related, **more}


def past_interaction(*parties: str, reason: str) -> Document:
    """The body of an interaction with these parties that is over."""
    return interaction_with(*parties, reason=reason, status="completed")


def party_of(customer: Document) -> str:
    """The id of the party that a customer is."""
    return str(customer["engagedParty"]["id"])


def flow_body(process: str, customer: Document | str, **told: Any) -> Document:
    """The body that begins a flow for a customer."""
    id = customer if isinstance(customer, str) else customer["id"]
    return {
        "processFlowSpecification": process,
        "relatedEntity": [{"id": id, "role": "customer", "@referredType": "Customer"}],
        "characteristic": [{"name": name, "value": value} for name, value in told.items()],
    }


def begin(client: httpx.Client, process: str, customer: Document, **told: Any) -> Document:
    """A new flow for a customer."""
    return created(client, FLOWS, flow_body(process, customer, **told))


def read(client: httpx.Client, resource: Document) -> Document:
    """A resource as it is now."""
    answer = client.get(resource["href"])
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def tasks(client: httpx.Client, flow: Document) -> dict[str, Document]:
    """The tasks of a flow, by their ids."""
    return {task["id"]: task for task in client.get(f"{flow['href']}/taskFlow").json()}


def states(client: httpx.Client, flow: Document) -> dict[str, str]:
    """The states of the tasks of a flow."""
    return {id: task["state"] for id, task in tasks(client, flow).items()}


def values(task: Document) -> Document:
    """The characteristics of a task or flow, by name."""
    return {each["name"]: each["value"] for each in task.get("characteristic", ())}


def answer(client: httpx.Client, task: Document, **answers: Any) -> httpx.Response:
    """What the server says to an answer to a task."""
    listed = [{"name": name, "value": value} for name, value in answers.items()]
    return client.patch(task["href"], json={"characteristic": listed})
