# SPDX-License-Identifier: Apache-2.0
"""`liaison process`: what an operator sees of the flows that wait, and does with them, as clients may."""

import json
from collections.abc import Callable

import httpx
import pytest

from app.cli.process import process_control
from app.errors import InvalidQuery
from app.settings import Settings
from tests.contract.answers import created
from tests.contract.performing import (
    INTERACTIONS,
    REESTABLISH,
    TERMINATE,
    Performer,
    begin,
    interaction_with,
    new_customer,
    party_of,
    read,
    states,
)
from tests.scenarios.command import run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def process(settings: Settings) -> Command:
    """`liaison process …` on the database of the server."""
    return lambda *arguments: run(settings, "process", *arguments)


def test_an_operator_sees_what_waits_tries_it_again_and_cancels_it(
    client: httpx.Client, perform: Performer, process: Command
) -> None:
    customer = new_customer(client)
    complaint = created(client, INTERACTIONS, interaction_with(party_of(customer)))
    asked, waits = (
        begin(client, TERMINATE, each, reason="customerWish", wishedDate="2999-12-31")
        for each in (customer, new_customer(client))
    )
    perform()
    client.patch(f"{waits['href']}/taskFlow/wishes", json={"requestedCompletionDate": "2020-01-01T00:00:00Z"})
    code, told, _ = process("list", "--json")
    held, active = json.loads(told)
    assert (code, held["id"], held["customer"], held["state"]) == (0, asked["id"], customer["id"], "hold")
    assert (held["task"], held["waits"], held["overdue"]) == ("appropriate", "hold", False)
    assert (active["id"], active["task"], active["waits"], active["overdue"]) == (waits["id"], "wishes", "active", True)
    assert active["reason"] == "ends on 2999-12-31; it can be revoked until then"
    client.delete(complaint["href"]).raise_for_status()
    assert "is to be tried again" in process("retry", asked["id"], "appropriate")[1]
    perform()
    assert states(client, asked)["wishes"] == "active"
    assert "by its task cancel" in process("cancel", asked["id"], "--reason", "She stays")[1]
    perform()
    assert (read(client, asked)["state"], read(client, customer)["status"]) == ("cancelled", "Active")
    assert process("cancel", asked["id"], "--reason", "Again") == (
        1,
        "",
        "Error: The flow is cancelled: it is too late for cancel\n",
    )

    lines = process("show", asked["id"])[1].splitlines()
    assert {f"customer: Customer {customer['id']}", "state: cancelled", "reason: customerWish"} <= set(lines)
    assert "reason: She stays" in lines[-1]


def test_flows_are_chosen_by_what_they_are(client: httpx.Client, perform: Performer) -> None:
    first, second = new_customer(client), new_customer(client)
    flows = [begin(client, TERMINATE, each, reason="fraud") for each in (first, second)]

    def found(**chosen: str) -> list[str]:
        async def rows() -> list[str]:
            return [row["id"] async for row in process_control(perform.liaison).waiting(**chosen)]

        ids: list[str] = perform.run(rows())
        return ids

    perform()
    begun = [flow["id"] for flow in flows]
    assert found() == found(state="hold") == found(process=TERMINATE) == begun
    assert found(customer=second["id"]) == begun[1:]
    assert found(state="completed") == found(process=REESTABLISH) == []
    with pytest.raises(InvalidQuery):
        found(state="asleep")
