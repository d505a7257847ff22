# SPDX-License-Identifier: Apache-2.0
"""ResolveDuplicate (eTOM 1.3.4): somebody decides about each pair of parties that may be the same, and it holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.settings import Settings
from tests.contract.answers import created, patched, refused
from tests.contract.performing import (
    ERASE,
    FLOWS,
    Document,
    Performer,
    Settle,
    answer,
    performing,
    read,
    states,
    tasks,
    values,
    with_policies,
)
from tests.contract.suspecting import DIGEST, RESOLVE, flow_about, suspect, suspected
from tests.contract.test_merge import merge, person
from tests.contract.test_unmerge import unmerge
from tests.paths import INDIVIDUAL_V5

Rows = Any
DAY = timedelta(days=1)


@pytest.fixture
def rows(mongo: MongoClient[dict[str, Any]], database_name: str) -> Rows:
    """What is recorded of pairs."""
    return mongo[database_name]["suspicion"]


def people(client: httpx.Client, number: int = 2) -> list[Document]:
    return [created(client, INDIVIDUAL_V5, person()) for _ in range(number)]


def decide(client: httpx.Client, flow: Document, task: str = "decide", **answers: Any) -> None:
    response = answer(client, tasks(client, flow)[task], **answers)
    assert response.status_code == 200, response.text


def reason(client: httpx.Client, flow: Document, task: str = "decide") -> str:
    return str(values(tasks(client, flow)[task])["reason"])


def test_a_pair_has_one_flow_that_says_why_and_waits_for_somebody(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    one, other = people(client)
    suspect(settings, other, one)
    flow = suspected(client, settings, settle, one, other)
    assert (flow["state"], states(client, flow)) == ("hold", {"decide": "hold", "merge": "new"})
    assert len(client.get(FLOWS).json()) == 1
    assert rows.find_one()["flow"] == flow["id"]
    why = values(flow)
    assert sum(each["weight"] for each in why["levels"]) == why["score"] == 13
    assert why["rules"] == {"version": "2027-01", "digest": DIGEST}
    assert (why["grade"], why["vetoes"]) == ("possible", ["twins"])
    assert reason(client, flow).startswith("Individual")
    assert {each["role"] for each in flow["relatedEntity"]} == {"suspect"}
    assert {client.get(each["href"]).json()["id"] for each in flow["relatedEntity"]} == {one["id"], other["id"]}
    body = {"processFlowSpecification": RESOLVE, "relatedEntity": flow["relatedEntity"]}
    assert "the server begins itself" in refused(client.post(FLOWS, json=body), 400, "24")


@pytest.mark.parametrize("survivor", [0, 1])
def test_who_are_the_same_are_merged_into_the_one_that_is_chosen(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows, survivor: int
) -> None:
    both = people(client)
    flow = suspected(client, settings, settle, *both)
    decide(client, flow, decision="merge", survivor=both[survivor]["id"])
    settle()
    settle(timedelta(seconds=20))
    assert (read(client, flow)["state"], set(states(client, flow).values())) == ("completed", {"completed"})
    row = rows.find_one()
    merged = values(tasks(client, flow)["merge"])["merge"]
    assert (row["status"], row["merged"], row["decision"]["what"]) == ("merged", merged, "merge")
    assert row["decision"]["rules"]["digest"] == DIGEST
    assert read(client, {"href": f"{FLOWS}/{merged}"})["state"] == "completed"
    assert client.get(both[1 - survivor]["href"], follow_redirects=False).status_code == 301
    assert client.get(both[survivor]["href"]).status_code == 200


def test_not_the_same_ends_the_flow_and_neither_is_merged_unless_somebody_overrules_it(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    one, other, third = people(client, 3)
    flow = suspected(client, settings, settle, one, other)
    decide(client, flow, decision="notSame")
    settle()
    assert (read(client, flow)["state"], set(states(client, flow).values())) == ("completed", {"completed"})
    assert (rows.find_one()["status"], rows.find_one()["decision"]["what"]) == ("notSame", "notSame")
    merge(client, other, third)
    settle()
    refusal = merge(client, third, one)
    settle()
    assert read(client, refusal)["state"] == "cancelled"
    assert "`overrule: true`" in reason(client, refusal, "examine")
    overruled = merge(client, third, one, overrule=True)
    settle()
    assert read(client, overruled)["state"] == "completed"


def test_what_is_postponed_is_asked_again_on_its_day_and_can_be_decided_before(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    flow = suspected(client, settings, settle, *people(client))
    day = (dates.now() + 10 * DAY).date().isoformat()
    decide(client, flow, decision="later")
    settle()
    assert "`until` should be the day" in reason(client, flow)
    decide(client, flow, decision="later", until=day)
    settle()
    assert f"postponed until {day}" in reason(client, flow)
    assert (rows.find_one()["status"], rows.find_one()["decision"]["what"]) == ("open", "later")
    settle(9 * DAY)
    assert "postponed" in reason(client, flow)
    settle(2 * DAY)
    assert (tasks(client, flow)["decide"]["state"], "postponed" in reason(client, flow)) == ("hold", False)
    decide(client, flow, decision="later", until=(dates.now() + 300 * DAY).date().isoformat())
    settle()
    decide(client, flow, decision="notSame")
    settle()
    assert read(client, flow)["state"] == "completed"


def test_a_merge_that_is_refused_is_told_and_asked_about_anew(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    one, other = people(client)
    flow = suspected(client, settings, settle, one, other)
    decide(client, flow, decision="merge", survivor="somebody")
    settle()
    assert "should be the id of one of them" in reason(client, flow)
    held = [{"@type": "EntityRef", "id": other["id"], "@referredType": "Individual"}]
    hold = {"@type": "LegalHold", "reason": "Dispute", "placedBy": "Legal", "heldEntity": held}
    created(client, "/tmf-api/legalHoldManagement/v5/legalHold", hold)
    decide(client, flow, decision="merge", survivor=one["id"])
    settle()
    settle(timedelta(seconds=20))
    assert states(client, flow) == {"decide": "completed", "merge": "hold"}
    assert "is held by" in reason(client, flow, "merge")
    decide(client, flow, "merge", decision="notSame")
    settle()
    assert (read(client, flow)["state"], rows.find_one()["status"]) == ("completed", "notSame")


def test_a_flow_ends_by_itself_when_its_pair_is_merged_elsewhere(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    one, other, third = people(client, 3)
    flow = suspected(client, settings, settle, one, other)
    beside = suspected(client, settings, settle, other, third)
    stays = suspected(client, settings, settle, one, third)
    merge(client, other, one)
    settle()
    assert [read(client, each)["state"] for each in (flow, beside, stays)] == ["cancelled", "cancelled", "hold"]
    assert "were merged by the flow" in reason(client, flow)
    assert "was merged into" in reason(client, beside)
    assert sorted(row["status"] for row in rows.find()) == ["merged", "open"]


@pytest.mark.parametrize("erased", [False, True], ids=["deleted", "erased"])
def test_a_flow_ends_by_itself_when_one_of_both_is_gone(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows, erased: bool
) -> None:
    one, other, third = people(client, 3)
    flow = suspected(client, settings, settle, one, other)
    decided = suspected(client, settings, settle, one, third)
    decide(client, decided, decision="notSame")
    settle()
    if erased:
        about = {"id": one["id"], "role": "party", "@referredType": "Individual"}
        body = {"processFlowSpecification": ERASE, "relatedEntity": [about]}
        created(client, FLOWS, {**body, "characteristic": [{"name": "reason", "value": "asked for"}]})
    else:
        assert client.delete(one["href"]).status_code == 204
    settle()
    if erased:
        assert client.get(FLOWS, params={"processFlowSpecification": RESOLVE}).json() == []
        assert rows.count_documents({}) == 0
    else:
        assert read(client, flow)["state"] == "cancelled"
        assert f"no Individual {one['id']}" in reason(client, flow)
        assert [row["status"] for row in rows.find()] == ["notSame"]


def test_a_pair_whose_merge_is_undone_is_not_the_same_and_not_asked_about_again(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    one, other = people(client)
    merge(client, other, one)
    settle()
    unmerge(client, one, other)
    settle()
    assert [(row["status"], sorted(row["ids"])) for row in rows.find()] == [
        ("notSame", sorted((one["id"], other["id"])))
    ]
    suspect(settings, one, other)
    again = merge(client, one, other)
    settle()
    assert "not the same" in reason(client, again, "examine")
    assert client.get(FLOWS, params={"processFlowSpecification": RESOLVE}).json() == []


def test_who_is_the_same_as_two_that_are_not_brings_them_not_together(
    client: httpx.Client, settings: Settings, settle: Settle
) -> None:
    one, other, like_both = people(client, 3)
    decide(client, suspected(client, settings, settle, one, other), decision="notSame")
    settle()
    flows = [suspected(client, settings, settle, each, like_both) for each in (one, other)]
    decide(client, flows[0], decision="merge", survivor=like_both["id"])
    settle()
    settle(timedelta(seconds=20))
    assert [read(client, each)["state"] for each in flows] == ["completed", "cancelled"]
    assert "decided of what is merged into them" in reason(client, flows[1])
    for duplicate, survivor in ((other, like_both), (like_both, other)):
        refusal = merge(client, duplicate, survivor)
        settle()
        assert "not the same" in reason(client, refusal, "examine")


def test_a_cancelled_flow_leaves_its_pair_undecided(
    client: httpx.Client, settings: Settings, settle: Settle, rows: Rows
) -> None:
    both = people(client)
    flow = suspected(client, settings, settle, *both)
    why = [{"name": "reason", "value": "asked too early"}]
    created(client, f"{flow['href']}/taskFlow", {"taskFlowSpecification": "cancel", "characteristic": why})
    settle()
    assert (read(client, flow)["state"], rows.count_documents({})) == ("cancelled", 0)
    again = suspected(client, settings, settle, *both)
    assert (again["id"] != flow["id"], again["state"]) == (True, "hold")


@pytest.fixture(params=["mostComplete", "latestChange"])
def unattended(settings: Settings, tmp_path: Path, clean_database: str, request: Any) -> Iterator[Performer]:
    """What performs flows where the deployment decides about what is certain."""
    policy = {"certain": "merge", "survivor": request.param}
    with performing(with_policies(settings, tmp_path, resolveDuplicate=policy)) as made:
        yield made


def test_what_is_certain_is_merged_where_the_deployment_says_so_and_nothing_else(
    client: httpx.Client, settings: Settings, unattended: Performer, request: pytest.FixtureRequest
) -> None:
    full = created(client, INDIVIDUAL_V5, person(title="Dr", gender="female"))
    late, possible = created(client, INDIVIDUAL_V5, person(gender="female")), created(client, INDIVIDUAL_V5, person())
    patched(client, late, {"gender": "f"})
    suspect(settings, late, full, "certain")
    suspect(settings, full, possible)
    for _ in range(4):
        unattended(timedelta(seconds=20))
    survivor, loser = (full, late) if "mostComplete" in request.node.name else (late, full)
    assert client.get(survivor["href"]).status_code == 200
    assert client.get(loser["href"], follow_redirects=False).status_code == 301
    flow = flow_about(client, late, full)
    assert flow["state"] == "completed"
    assert flow_about(client, full, possible)["state"] == ("hold" if survivor == full else "cancelled")


def test_what_is_certain_waits_for_a_person_by_default_and_where_it_cannot_be_merged(
    client: httpx.Client, settings: Settings, settle: Settle, tmp_path: Path
) -> None:
    one, other = people(client)
    assert suspected(client, settings, settle, one, other, grade="certain")["state"] == "hold"
    held, free = people(client)
    entity = [{"@type": "EntityRef", "id": held["id"], "@referredType": "Individual"}]
    hold = {"@type": "LegalHold", "reason": "Dispute", "placedBy": "Legal", "heldEntity": entity}
    created(client, "/tmf-api/legalHoldManagement/v5/legalHold", hold)
    suspect(settings, held, free, "certain")
    with performing(with_policies(settings, tmp_path, resolveDuplicate={"certain": "merge"})) as perform:
        for _ in range(4):
            perform(timedelta(seconds=20))
    flow = flow_about(client, held, free)
    assert states(client, flow) == {"decide": "completed", "merge": "hold"}
    assert "is held by" in reason(client, flow, "merge")
