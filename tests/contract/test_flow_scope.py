# SPDX-License-Identifier: Apache-2.0
"""Flows by owner: a customer's token sees its own flows, and what is for it there, and cannot tell what else is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain.identifiers import new_id
from app.settings import Settings
from tests.contract.performing import (
    ARCHIVE,
    BASE,
    CUSTOMERS,
    ERASE,
    ESTABLISH,
    FLOWS,
    INDIVIDUALS,
    REESTABLISH,
    TERMINATE,
    Document,
    Settle,
    flow_body,
    new_customer,
    party_of,
)
from tests.contract.relaying import relaying
from tests.contract.restricted import answer, queries
from tests.contract.suspecting import suspect
from tests.contract.test_owner_scope import now, requests
from tests.identity_provider import IdentityProvider, bearer
from tests.listening import listening
from tests.waiting import eventually

TOPIC = "/tmf-api/event/v4/topic/process-flow-v4/event"
HOLDS = "/tmf-api/legalHoldManagement/v5/legalHold"
CANCEL = {"taskFlowSpecification": "cancel", "characteristic": [{"name": "reason", "value": "I stay"}]}


@dataclass(frozen=True)
class Scope:
    """Two customers on a server that asks for tokens; `mine` is that of `me`."""

    client: httpx.Client
    provider: IdentityProvider
    mine: Document
    theirs: Document

    @property
    def me(self) -> dict[str, str]:
        return self.token(party_of(self.mine))

    def token(self, party: str) -> dict[str, str]:
        return bearer(self.provider.token("*:*", party_id=party))

    def staff(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self.client.request(method, path, headers=bearer(self.provider.token("*:*")), **parts)

    def begin(self, customer: Document, process: str = TERMINATE, **told: Any) -> Document:
        """The flow that staff begins."""
        made = self.staff("POST", FLOWS, json=flow_body(process, customer, **(told or {"reason": "customerWish"})))
        assert made.status_code == 201, made.text
        return dict(made.json())

    def get(self, path: str, **parts: Any) -> httpx.Response:
        return self.client.get(path, headers=self.me, **parts)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(path, headers=self.me, json=body)


@pytest.fixture
def scope(guarded: str, provider: IdentityProvider, client: httpx.Client) -> Iterator[Scope]:
    with httpx.Client(base_url=guarded) as own:
        yield Scope(own, provider, new_customer(client), new_customer(client))


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [each["id"] for each in response.json()]


def test_a_customer_sees_its_own_flows_and_the_tasks_that_are_for_it(scope: Scope, settle: Settle) -> None:
    flow = scope.begin(scope.mine, reason="customerWish", wishedDate="2090-01-01")
    scope.begin(scope.theirs)
    owner = {"id": party_of(scope.mine), "role": "customer", "@referredType": "Individual"}
    assert flow["relatedParty"] == [owner]
    settle()
    for query in ("", "?limit=1", f"?relatedEntity.id={scope.mine['id']}", f"?relatedParty.id={owner['id']}"):
        found = scope.get(FLOWS + query)
        assert (ids(found), found.headers["x-total-count"]) == ([flow["id"]], "1"), query
    assert scope.get(flow["href"]).json() == scope.staff("GET", flow["href"]).json()
    assert scope.get(f"{flow['href']}?at={now()}").status_code == 200
    own = scope.get(f"{flow['href']}/taskFlow")
    assert (sorted(ids(own)), own.headers["x-total-count"]) == (["end", "wishes"], "2")
    wishes = scope.get(f"{flow['href']}/taskFlow/wishes")
    assert (wishes.json()["relatedParty"], "it can be revoked" in wishes.text) == ([owner], True)
    hidden, unknown = (scope.get(f"{flow['href']}/taskFlow/{task}") for task in ("appropriate", "nothing1234"))
    assert answer(hidden, {"appropriate": "TASK"}) == answer(unknown, {"nothing1234": "TASK"})
    assert len(scope.staff("GET", f"{flow['href']}/taskFlow").json()) == 8


def test_flows_of_others_cannot_be_told_from_those_that_are_not_there(scope: Scope, settle: Settle) -> None:
    scope.begin(scope.mine)
    foreign = {**scope.begin(scope.theirs, reason="customerWish"), "id": new_id()}
    assert scope.staff("POST", f"{FLOWS}/{ids(scope.staff('GET', FLOWS))[1]}/taskFlow", json=CANCEL).status_code == 201
    settle()
    for each in scope.staff("GET", f"{FLOWS}?relatedEntity.id={scope.theirs['id']}").json():
        assert scope.staff("DELETE", each["href"]).status_code == 204
    without = list(seen(scope, foreign, new_id()))
    real = scope.begin(scope.theirs)
    settle()
    with_others = list(seen(scope, real, scope.theirs["id"]))
    assert len(without) > 60
    for (channel, before), (_, after) in zip(without, with_others, strict=True):
        assert after == before, channel


def seen(scope: Scope, foreign: Document, customer: str) -> Iterator[tuple[str, object]]:
    """What each channel answers about somebody else's flow, and about a flow for that customer."""
    id, replacing = foreign["id"], {foreign["id"]: "ID", customer: "CUSTOMER"}
    shown = {name: value for name, value in foreign.items() if name not in ("taskFlow", "_links", "processFlowDate")}
    for query in queries(json.loads(json.dumps(shown).replace(id, "x").replace(scope.theirs["id"], customer))):
        yield query, answer(scope.get(f"{FLOWS}?{query}"), replacing)
    for base in (f"{FLOWS}/{id}", f"{FLOWS}/{id}/taskFlow", f"{FLOWS}/{id}/taskFlow/wishes"):
        for method, suffix, parts in requests(id):
            headers = {**scope.me, **parts.get("headers", {})}
            response = scope.client.request(method, base + suffix, **{**parts, "headers": headers})
            yield f"{method} {base} {parts}".replace(id, "ID"), answer(response, replacing)
    yield "cancel", answer(scope.post(f"{FLOWS}/{id}/taskFlow", CANCEL), replacing)
    begun = scope.post(FLOWS, flow_body(TERMINATE, customer, reason="customerWish"))
    yield "begin", answer(begun, replacing)
    assert begun.status_code == 400


def test_a_customer_begins_the_end_that_it_wishes_and_no_other(scope: Scope, settle: Settle) -> None:
    refused = [
        flow_body(TERMINATE, scope.mine, reason="fraud"),
        flow_body(TERMINATE, scope.mine),
        flow_body(REESTABLISH, scope.mine),
        flow_body(ARCHIVE, scope.mine, atOnce=True),
        {
            "processFlowSpecification": ERASE,
            "relatedEntity": [{"id": party_of(scope.mine), "role": "party", "@referredType": "Individual"}],
        },
        {"processFlowSpecification": ESTABLISH, "characteristic": [{"name": "name", "value": "Me"}]},
    ]
    assert [scope.post(FLOWS, body).status_code for body in refused] == [403] * len(refused)
    body = flow_body(TERMINATE, scope.mine, reason="customerWish")
    others = {"relatedParty": [{"id": party_of(scope.theirs), "role": "customer", "@referredType": "Individual"}]}
    assert scope.post(FLOWS, {**body, **others}).status_code == 403
    first = {"id": scope.theirs["id"], "role": "customer", "@referredType": "Client"}
    taken = scope.post(FLOWS, {**body, "relatedEntity": [first, *body["relatedEntity"]]})
    assert (taken.status_code, "it has 2" in taken.text) == (400, True)
    begun = scope.post(FLOWS, body)
    assert begun.status_code == 201, begun.text
    settle()
    assert scope.get(begun.json()["href"]).json()["state"] == "completed"
    assert scope.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()[0]["state"] == "active"


def test_a_conflict_names_the_flow_to_whom_it_belongs(
    scope: Scope, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    flow = scope.begin(scope.mine)
    body = flow_body(TERMINATE, scope.mine, reason="customerWish")
    named = scope.post(FLOWS, body)
    assert (named.status_code, flow["id"] in named.text) == (409, True)
    rows = mongo[database_name]["processFlow"]
    rows.update_one({"_id": flow["id"]}, {"$unset": {"document.relatedParty": True}})
    unnamed = scope.post(FLOWS, body)
    assert (unnamed.status_code, flow["id"] in unnamed.text) == (409, False)
    assert ids(scope.get(FLOWS)) == []


def test_a_customer_revokes_what_it_wished_and_answers_what_is_asked_of_it(scope: Scope, settle: Settle) -> None:
    later = {"reason": "customerWish", "wishedDate": "2090-01-01"}
    flow = scope.begin(scope.mine, **later)
    settle()
    others = {**CANCEL, "relatedParty": [{"id": "x", "role": "requester", "@referredType": "Individual"}]}
    assert scope.post(f"{flow['href']}/taskFlow", others).status_code == 403
    asked = scope.post(f"{flow['href']}/taskFlow", {"taskFlowSpecification": "cancel"})
    assert (asked.status_code, asked.json()["relatedParty"][0]["role"]) == (201, "requester")
    settle()
    task = asked.json()["href"]
    assert scope.get(task).json()["state"] == "hold"
    for path, patch in (
        (task, {"priority": 1}),
        (task, {"relatedParty": None}),
        (f"{flow['href']}/taskFlow/wishes", {"priority": 1}),
    ):
        assert scope.client.patch(path, json=patch, headers=scope.me).status_code == 403
    why = {"characteristic": CANCEL["characteristic"]}
    assert scope.client.patch(task, json=why, headers=scope.token(party_of(scope.theirs))).status_code == 404
    assert scope.client.patch(task, json=why, headers=scope.me).status_code == 200
    settle()
    assert scope.get(flow["href"]).json()["state"] == "cancelled"
    assert scope.client.delete(flow["href"], headers=scope.me).status_code == 403


def test_a_customer_decides_nothing_that_staff_decides(scope: Scope, settle: Settle) -> None:
    flow = scope.begin(scope.mine, reason="fraud")
    settle()
    assert scope.get(flow["href"]).json()["state"] == "hold"
    assert scope.post(f"{flow['href']}/taskFlow", CANCEL).status_code == 403
    task = f"{flow['href']}/taskFlow/appropriate"
    decision = {"characteristic": [{"name": "decision", "value": "decline"}, {"name": "decisionReason", "value": "No"}]}
    assert scope.client.patch(task, json=decision, headers=scope.me).status_code == 404
    me = {"id": party_of(scope.mine), "role": "requester", "@referredType": "Individual"}
    assert scope.staff("PATCH", task, json={"relatedParty": [me]}).status_code == 200
    refused = scope.client.patch(task, json=decision, headers=scope.me)
    assert (refused.status_code, "not for it to answer" in refused.text) == (403, True)


def test_who_takes_part_in_a_flow_sees_it(scope: Scope) -> None:
    related = [{"id": party_of(scope.theirs), "role": "accountManager", "@referredType": "Individual"}]
    body = {**flow_body(TERMINATE, scope.mine, reason="customerWish"), "relatedParty": related}
    flow = scope.staff("POST", FLOWS, json=body).json()
    assert [each["role"] for each in flow["relatedParty"]] == ["accountManager", "customer"]
    manager = scope.token(party_of(scope.theirs))
    assert ids(scope.client.get(FLOWS, headers=manager)) == [flow["id"]]
    assert ids(scope.client.get(f"{flow['href']}/taskFlow", headers=manager)) == []
    assert scope.client.post(f"{flow['href']}/taskFlow", json=CANCEL, headers=manager).status_code == 403


def test_a_flow_is_that_of_the_prospect_and_that_of_whom_is_archived(scope: Scope, settle: Settle) -> None:
    person = scope.staff("POST", INDIVIDUALS, json={"givenName": "Ada", "familyName": "Okafor"}).json()
    prospect = {"id": person["id"], "role": "prospect", "@referredType": "Individual"}
    told = [{"name": "name", "value": "Ada"}]
    body = {"processFlowSpecification": ESTABLISH, "relatedParty": [prospect], "characteristic": told}
    flow = scope.staff("POST", FLOWS, json=body).json()
    own = scope.token(person["id"])
    assert ids(scope.client.get(FLOWS, headers=own)) == [flow["id"]]
    assert ids(scope.client.get(f"{flow['href']}/taskFlow", headers=own)) == ["activate"]
    scope.begin(scope.mine)
    settle()
    archiving = scope.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()[0]
    hasten = {"taskFlowSpecification": "hasten", "characteristic": [{"name": "reason", "value": "Asked for"}]}
    assert scope.staff("POST", f"{archiving['href']}/taskFlow", json=hasten).status_code == 201
    settle()
    assert scope.get(archiving["href"]).json()["state"] == "completed"
    back = scope.begin(scope.mine, REESTABLISH, reason="Back")
    assert back["id"] in ids(scope.get(FLOWS))
    assert ids(scope.get(f"{back['href']}/taskFlow")) == ["reactivate"]


def test_events_tell_a_customer_of_its_own_flows_alone(
    scope: Scope, settle: Settle, drain_all: Callable[[], None], settings: Settings
) -> None:
    with listening() as listener:
        callback = {"callback": listener.url}
        assert scope.post(f"{BASE}/hub", callback).status_code == 201
        flow = scope.begin(scope.mine, reason="customerWish", wishedDate="2090-01-01")
        theirs = scope.begin(scope.theirs)
        settle()
        assert scope.post(f"{flow['href']}/taskFlow", CANCEL).status_code == 201
        settle()
        shown = scope.get(TOPIC).text
        with relaying(settings):
            eventually(lambda: "ProcessFlowStateChangeEvent" in json.dumps(listener.received), "it ends")
        sent = json.dumps(listener.received)
    for told in (sent, shown):
        for seen_by_all in (flow["id"], "TaskFlowCreateEvent", "TaskFlowStateChangeEvent", "wishes"):
            assert seen_by_all in told
        assert (theirs["id"] in told, theirs["relatedEntity"][0]["id"] in told) == (False, False)
    tasks = {each["event"]["taskFlow"]["id"] for each in listener.received if "taskFlow" in each["event"]}
    assert tasks == {"wishes", "end", "cancel"}


def test_a_flow_of_who_is_under_a_legal_hold_is_not_deleted(scope: Scope, settle: Settle) -> None:
    flow = scope.begin(scope.mine)
    settle()
    held = [{"@type": "EntityRef", "id": scope.mine["id"], "@referredType": "Customer"}]
    held[0] |= {"id": party_of(scope.mine), "@referredType": "Individual"}
    hold = {"@type": "LegalHold", "reason": "Suit", "placedBy": "Legal", "heldEntity": held}
    assert scope.staff("POST", HOLDS, json=hold).status_code == 201
    refused = scope.staff("DELETE", flow["href"])
    assert (refused.status_code, "Suit" in refused.text) == (409, True)


def test_an_erased_party_is_taken_out_of_the_flows_of_others(scope: Scope, settle: Settle) -> None:
    gone = party_of(scope.theirs)
    related = [{"id": gone, "role": "accountManager", "name": "Canary", "@referredType": "Individual"}]
    body = {**flow_body(TERMINATE, scope.mine, reason="fraud"), "relatedParty": related}
    flow = scope.staff("POST", FLOWS, json=body).json()
    assert scope.staff("PATCH", scope.theirs["href"], json={"status": "Closed"}).status_code in (200, 409)
    settle()
    asked = {
        "processFlowSpecification": ERASE,
        "relatedEntity": [{"id": gone, "role": "party", "@referredType": "Individual"}],
        "characteristic": [{"name": "reason", "value": "GDPR"}],
    }
    assert scope.staff("DELETE", f"{CUSTOMERS}/{scope.theirs['id']}").status_code == 204
    erasing = scope.staff("POST", FLOWS, json=asked).json()
    settle()
    assert scope.staff("GET", erasing["href"]).json()["state"] == "completed"
    left = scope.staff("GET", flow["href"])
    assert (gone in left.text, "Canary" in left.text) == (False, False)
    assert left.json()["relatedParty"][0]["id"] == party_of(scope.mine)


def test_a_party_cannot_tell_that_it_may_be_there_twice(scope: Scope, settings: Settings, settle: Settle) -> None:
    me, other = ({"id": party_of(each), "@type": "Individual"} for each in (scope.mine, scope.theirs))
    before = [answer(scope.get(path), {}) for path in (FLOWS, TOPIC)]
    suspect(settings, me, other)
    settle()
    (flow,) = scope.staff("GET", f"{FLOWS}?relatedEntity.id={me['id']}").json()
    assert [answer(scope.get(path), {}) for path in (FLOWS, TOPIC)] == before
    for query in (f"relatedEntity.id={me['id']}", "processFlowSpecification=ResolveDuplicate", "state=hold"):
        found = scope.get(f"{FLOWS}?{query}")
        assert (ids(found), found.headers["x-total-count"]) == ([], "0"), query
    unknown = new_id()
    decide = {"characteristic": [{"name": "decision", "value": "notSame"}]}
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/taskFlow", None),
        ("GET", "/taskFlow/decide", None),
        ("PATCH", "/taskFlow/decide", decide),
    ):
        hidden, none = (
            answer(scope.client.request(method, f"{FLOWS}/{id}{path}", headers=scope.me, json=body), {id: "ID"})
            for id in (flow["id"], unknown)
        )
        assert hidden == none, path
    assert scope.staff("GET", flow["href"]).json()["state"] == "hold"
