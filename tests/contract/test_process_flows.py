# SPDX-License-Identifier: Apache-2.0
"""Flows of processes (TMF701): how they are begun, answered, cancelled and deleted, and what bad input gets."""

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.documents import DOCUMENTS, violations
from tests.contract.performing import (
    BASE,
    CUSTOMERS,
    FLOWS,
    REESTABLISH,
    TERMINATE,
    Document,
    Performer,
    answer,
    begin,
    flow_body,
    new_customer,
    read,
    states,
    tasks,
    values,
)

DOCUMENT = DOCUMENTS["process-flow-v4"]


def test_a_flow_shows_its_tasks_and_what_can_be_done_next(client: httpx.Client, perform: Performer) -> None:
    flow = begin(client, TERMINATE, new_customer(client), reason="customerWish")

    assert (flow["state"], flow["processFlowSpecificationRef"]["name"]) == ("active", TERMINATE)
    assert [each["id"] for each in flow["taskFlow"]] == [
        "appropriate", "wishes", "inform", "dismantleFulfillment", "dismantleBilling", "dismantleAssurance", "end",
        "archive",
    ]  # fmt: skip
    assert set(states(client, flow).values()) == {"new"}
    assert [each["name"] for each in flow["_links"]["nextTasksToBePerformed"]] == ["cancel"]
    assert violations(DOCUMENT, "/processFlow", "post", 201, flow) == []
    for each in flow["taskFlow"]:
        task = client.get(each["href"]).json()
        assert violations(DOCUMENT, "/processFlow/{processFlowId}/taskFlow/{id}", "get", 200, task) == []
    assert client.get(flow["processFlowSpecificationRef"]["href"]).json()["name"] == TERMINATE


def test_specifications_tell_the_tasks_and_their_forms_as_json_schema(client: httpx.Client) -> None:
    listed = client.get(f"{BASE}/processFlowSpecification").json()
    assert {TERMINATE, REESTABLISH} <= {each["id"] for each in listed}
    for each in listed:
        assert violations(DOCUMENT, "/processFlowSpecification/{id}", "get", 200, each) == []
        for reference in each["taskFlowSpecification"]:
            task = client.get(f"{BASE}/taskFlowSpecification/{reference['id']}").json()
            assert violations(DOCUMENT, "/taskFlowSpecification/{id}", "get", 200, task) == []
    form = client.get(f"{BASE}/taskFlowSpecification/{TERMINATE}.appropriate").json()
    asked = {each["name"]: each for each in form["taskFlowSpecificationCharacteristic"]}
    (decision,) = asked["decision"]["characteristicValueSpecification"]
    assert (decision["value"]["enum"], asked["decision"]["minCardinality"]) == (["proceed", "decline"], 1)


def test_lists_leave_out_the_diagrams_unless_they_are_asked_for(client: httpx.Client) -> None:
    for listed in client.get(f"{BASE}/processFlowSpecification").json():
        (attachment,) = listed["attachment"]
        (whole,) = client.get(listed["href"]).json()["attachment"]
        assert "content" not in attachment
        assert {**attachment, "content": whole["content"]} == whole
        asked = client.get(f"{BASE}/processFlowSpecification?fields=attachment&id={listed['id']}").json()
        assert asked[0]["attachment"] == [whole]


@pytest.mark.parametrize("path", ["processFlowSpecification", "taskFlowSpecification"])
def test_specifications_are_only_read(client: httpx.Client, path: str) -> None:
    refused(client.post(f"{BASE}/{path}", json={"name": "x"}), 501, "2")
    refused(client.delete(f"{BASE}/{path}/{TERMINATE}"), 501, "2")


WRONG = [
    ({"processFlowSpecification": "Unknown"}, "/processFlowSpecification names 'Unknown', which is no process"),
    (
        {"relatedEntity": []},
        "/relatedEntity should have one {id, role: customer, @referredType: Customer}; it has 0",
    ),
    ({"relatedEntity": [{"id": "1", "role": "customer", "@referredType": "Party"}]}, "/relatedEntity should have one"),
    ({"relatedEntity": [{"id": "no", "role": "customer", "@referredType": "Customer"}]}, "refers to the Customer 'no'"),
    ({"characteristic": []}, "/characteristic should have 'reason'"),
    ({"characteristic": [{"name": "reason", "value": 5}]}, "/characteristic/0/value"),
    (
        {"characteristic": [{"name": "x", "value": 5}]},
        "/characteristic/0/name 'x' is not asked for; reason, wishedDate",
    ),
    ({"processFlowSpecificationRef": {"id": "Other"}}, "/processFlowSpecificationRef/id should be"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_what_a_process_does_not_take_is_told_with_its_place(
    client: httpx.Client, change: dict[str, object], told: str
) -> None:
    body = {**flow_body(TERMINATE, new_customer(client), reason="fraud"), **change}
    answered = client.post(FLOWS, json=body)
    assert told in answered.json()["message"]
    assert answered.status_code == 400
    assert client.get(FLOWS).json() == []


def test_one_flow_of_a_process_is_live_for_a_customer(client: httpx.Client, perform: Performer) -> None:
    customer = new_customer(client)
    first = begin(client, TERMINATE, customer, reason="customerWish")
    second = refused(client.post(FLOWS, json=flow_body(TERMINATE, customer, reason="fraud")), 409, "69")
    assert second.startswith(first["href"])
    begin(client, TERMINATE, new_customer(client), reason="customerWish")
    perform()
    assert read(client, first)["state"] == "completed"
    begin(client, TERMINATE, customer, reason="fraud")


def test_a_repeat_under_its_key_gets_the_first_flow(client: httpx.Client) -> None:
    body, key = flow_body(TERMINATE, new_customer(client), reason="fraud"), {"Idempotency-Key": "once"}
    first, again = (client.post(FLOWS, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert len(client.get(FLOWS).json()) == 1


def test_a_flow_is_deleted_with_its_tasks_when_it_has_ended(client: httpx.Client, perform: Performer) -> None:
    flow = begin(client, TERMINATE, new_customer(client), reason="customerWish")
    assert "cancel it first" in refused(client.delete(flow["href"]), 409, "69")
    perform()
    assert client.delete(flow["href"]).status_code == 204
    assert client.get(flow["href"]).status_code == 404
    assert client.get(f"{flow['href']}/taskFlow").status_code == 404


def test_a_direct_move_names_the_process_that_makes_it(client: httpx.Client) -> None:
    customer = new_customer(client)
    told = refused(client.patch(customer["href"], json={"status": "Terminated"}), 409, "69")
    assert told.endswith(f"Terminated by the {TERMINATE} process")


def asked_flow(client: httpx.Client, perform: Performer) -> Document:
    """A flow that waits for a person: an end for fraud is never left to the server alone."""
    flow = begin(client, TERMINATE, new_customer(client), reason="fraud")
    perform()
    return flow


def test_a_person_answers_by_the_form_of_the_task(client: httpx.Client, perform: Performer) -> None:
    flow = asked_flow(client, perform)
    task = tasks(client, flow)["appropriate"]
    assert (task["state"], read(client, flow)["state"]) == ("hold", "hold")
    assert "appropriate" in [each["name"] for each in read(client, flow)["_links"]["nextTasksToBePerformed"]]

    wrong: list[tuple[Document, str]] = [
        ({"decision": "perhaps"}, "/characteristic/0/value"),
        ({"decision": "proceed"}, "/characteristic should have 'decisionReason'"),
        ({"decision": "proceed", "decisionReason": ""}, "/characteristic/1/value"),
        ({"decision": "proceed", "decisionReason": "x", "more": 1}, "/characteristic/2/name 'more' is not asked for"),
        ({"decision": "proceed", "decisionReason": "x", "reason": "x"}, "/characteristic/2/value is what came of the"),
    ]
    for answers, told in wrong:
        response = answer(client, task, **answers)
        assert (response.status_code, told in response.json()["message"]) == (400, True), response.text
    assert read(client, task)["state"] == "hold"

    response = answer(client, task, decision="proceed", decisionReason="Proven")
    assert (response.status_code, response.json()["state"], read(client, flow)["state"]) == (200, "active", "active")
    assert values(response.json())["reason"].startswith("somebody should decide")
    assert "does not ask now" in refused(answer(client, task, decision="decline", decisionReason="x"), 409, "69")
    perform()
    assert read(client, flow)["state"] == "completed"
    assert "too late" in refused(answer(client, task, decision="decline", decisionReason="x"), 409, "69")


def test_what_the_server_moves_no_client_moves(client: httpx.Client, perform: Performer) -> None:
    task = tasks(client, asked_flow(client, perform))["appropriate"]
    for name, value in {
        "state": "completed",
        "isMandatory": False,
        "completionMethod": "x",
        "startDate": "2020-01-01T00:00:00Z",
    }.items():
        refused(client.patch(task["href"], json={name: value}), 400, "24")
    changed = client.patch(task["href"], json={"priority": 3, "requestedCompletionDate": "2031-01-01T00:00:00Z"})
    assert (changed.status_code, changed.json()["state"], changed.json()["priority"]) == (200, "hold", 3)


def test_a_flow_is_cancelled_by_a_task_that_asks_why(client: httpx.Client, perform: Performer) -> None:
    flow = asked_flow(client, perform)
    cancel = created(client, f"{flow['href']}/taskFlow", {"taskFlowSpecification": "cancel"})
    perform()
    assert read(client, cancel)["state"] == "hold"
    assert "answer it by PATCH" in refused(
        client.post(f"{flow['href']}/taskFlow", json={"taskFlowSpecification": "cancel"}), 409, "69"
    )
    assert answer(client, cancel, reason="A mistake").status_code == 200
    perform()
    assert (read(client, flow)["state"], read(client, cancel)["state"]) == ("cancelled", "completed")
    assert set(states(client, flow).values()) == {"cancelled", "completed"}
    customer = client.get(f"{CUSTOMERS}/{flow['relatedEntity'][0]['id']}").json()
    assert customer["status"] == "Active"
    assert "too late" in refused(
        client.post(f"{flow['href']}/taskFlow", json={"taskFlowSpecification": "cancel"}), 409, "69"
    )


def test_only_optional_tasks_are_begun_by_clients(client: httpx.Client, perform: Performer) -> None:
    flow = asked_flow(client, perform)
    for name in ("end", "nothing"):
        told = refused(client.post(f"{flow['href']}/taskFlow", json={"taskFlowSpecification": name}), 400, "24")
        assert told.endswith(f"{TERMINATE} offers cancel")
    told = refused(client.post(f"{flow['href']}/taskFlow", json={}), 400, "23")
    assert told.endswith(f"should name an optional task; {TERMINATE} offers cancel")
    wrong = {"taskFlowSpecification": "cancel", "characteristic": [{"name": "reason", "value": 5}]}
    assert "/characteristic/0/value" in refused(client.post(f"{flow['href']}/taskFlow", json=wrong), 400, "24")
    refused(client.post(f"{FLOWS}/none/taskFlow", json={"taskFlowSpecification": "cancel"}), 404, "60")
