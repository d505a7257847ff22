# SPDX-License-Identifier: Apache-2.0
"""Re-establish Customer Relationship (eTOM 1.3.4.3), told as stories."""

import httpx
import pytest

from tests.contract.answers import patched
from tests.contract.performing import (
    INTERACTIONS,
    REESTABLISH,
    TERMINATE,
    Performer,
    answer,
    begin,
    new_customer,
    read,
    states,
    tasks,
    values,
)


def test_a_suspended_customer_comes_back_as_it_was(client: httpx.Client, perform: Performer) -> None:
    customer = patched(client, new_customer(client), {"status": "Suspended"})
    flow = begin(client, REESTABLISH, customer, reason="Paid")
    perform()
    back = read(client, customer)
    assert read(client, flow)["state"] == "completed"
    assert {**back, "status": "", "statusReason": ""} == {**customer, "status": "", "statusReason": ""}
    assert (back["status"], back["statusReason"]) == ("Active", "Paid")
    assert values(tasks(client, flow)["reactivate"])["way"] == "it was suspended"


def test_a_terminated_customer_comes_back_under_its_id_with_its_interactions(
    client: httpx.Client, perform: Performer
) -> None:
    customer = new_customer(client, description="Pays early")
    begin(client, TERMINATE, customer, reason="customerWish")
    perform()
    past = client.get(INTERACTIONS).json()
    flow = begin(client, REESTABLISH, customer)
    perform()
    back = read(client, customer)
    assert (back["id"], back["status"], back["description"]) == (customer["id"], "Active", "Pays early")
    assert set(back["validFor"]) == {"startDateTime"}
    now = client.get(INTERACTIONS).json()
    assert [each for each in now if each["id"] in {one["id"] for one in past}] == past
    assert [each["reason"] for each in now if each not in past] == ["The customer is back"]
    assert values(tasks(client, flow)["inform"])["interactions"] == len(past)
    begin(client, TERMINATE, customer, reason="customerWish")
    perform()
    assert read(client, customer)["status"] == "Terminated"


def test_an_end_for_fraud_needs_a_person(client: httpx.Client, perform: Performer) -> None:
    customer = new_customer(client, status="Terminated", statusReason="fraud")
    flow = begin(client, REESTABLISH, customer)
    perform()
    task = tasks(client, flow)["identify"]
    assert (task["state"], "'fraud'" in values(task)["reason"]) == ("hold", True)
    answer(client, task, decision="decline", decisionReason="Again?")
    perform()
    assert (read(client, flow)["state"], read(client, customer)["status"]) == ("cancelled", "Terminated")
    again = begin(client, REESTABLISH, customer)
    perform()
    answer(client, tasks(client, again)["identify"], decision="proceed", decisionReason="It was her brother")
    perform()
    assert (read(client, again)["state"], read(client, customer)["status"]) == ("completed", "Active")


@pytest.mark.parametrize("status", ["Active", "Created", "Closed"])
def test_only_who_is_suspended_or_has_left_comes_back(client: httpx.Client, perform: Performer, status: str) -> None:
    flow = begin(client, REESTABLISH, new_customer(client, status=status))
    perform()
    assert read(client, flow)["state"] == "cancelled"
    assert set(states(client, flow).values()) == {"completed", "cancelled"}
    assert f"the customer is {status}" in values(tasks(client, flow)["identify"])["reason"]


def test_a_customer_whose_party_has_gone_is_established_anew(client: httpx.Client, perform: Performer) -> None:
    customer = new_customer(client, status="Terminated")
    party = f"/tmf-api/party/v4/individual/{customer['engagedParty']['id']}"
    assert client.delete(party).status_code == 204
    flow = begin(client, REESTABLISH, customer)
    perform()
    assert "establish the customer anew" in values(tasks(client, flow)["identify"])["reason"]
