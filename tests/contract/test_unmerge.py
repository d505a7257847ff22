# SPDX-License-Identifier: Apache-2.0
"""Unmerging: two that were merged are two again, as they were; what came since stays with the survivor."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.answers import created, patched
from tests.contract.performing import FLOWS, INTERACTIONS, Settle, answer, read, tasks, values
from tests.contract.test_merge import (
    Body,
    call_of,
    customer_of,
    email,
    merge,
    outcome,
    passport,
    person,
)
from tests.paths import INDIVIDUAL_V5
from tests.served import share

UNMERGE_PARTY, UNMERGE_CUSTOMER = "UnmergeParty", "UnmergeCustomer"


def unmerge(client: httpx.Client, survivor: Body, duplicate: Body, process: str = UNMERGE_PARTY, **more: Any) -> Body:
    """A flow that makes two again of a survivor and a duplicate."""
    told = {"duplicate": duplicate["id"], "reason": "Two passports", **more}
    about = {"id": survivor["id"], "role": "survivor", "@referredType": survivor["@type"]}
    return created(client, FLOWS, {
        "processFlowSpecification": process,
        "relatedEntity": [about],
        "characteristic": [{"name": name, "value": value} for name, value in told.items()],
    })  # fmt: skip


def content(shown: Body) -> Body:
    return {name: value for name, value in shown.items() if name != "lastUpdate"}


def test_both_are_as_they_were_and_so_are_all_references(client: httpx.Client, settle: Settle) -> None:
    numbers = [[passport("1")], [passport("2")]]
    media = [email("a@example.com")], [email("b@example.com")]
    survivor, duplicate = (
        created(client, INDIVIDUAL_V5, person(individualIdentification=number, contactMedium=medium))
        for number, medium in zip(numbers, media, strict=True)
    )
    duplicate = patched(client, duplicate, {"@type": "Individual", "title": "Dr"})
    ours, theirs = customer_of(client, survivor), customer_of(client, duplicate)
    calls = [created(client, INTERACTIONS, call_of(each)) for each in (survivor, duplicate, ours, theirs)]
    everything = [survivor, duplicate, ours, theirs, *calls]
    flow = merge(client, duplicate, survivor)
    settle()
    answer(client, tasks(client, flow)["examine"], customers="merge").raise_for_status()
    settle()
    if read(client, flow)["state"] == "hold":
        answer(client, tasks(client, flow)["unite"], customers="merge").raise_for_status()
        settle()
    assert read(client, flow)["state"] == "completed"
    back = unmerge(client, survivor, duplicate)
    settle()
    assert read(client, back)["state"] == "completed"
    assert [content(read(client, each)) for each in everything] == [content(each) for each in everything]
    assert client.post(INDIVIDUAL_V5, json=person(individualIdentification=[passport("2")])).status_code == 409


def test_what_came_since_stays_with_the_survivor_unless_it_is_assigned(client: httpx.Client, settle: Settle) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person(contactMedium=[email(f"{n}@a.org")])) for n in "ab")
    merge(client, duplicate, survivor)
    settle()
    united = read(client, survivor)
    patched(client, survivor, {"@type": "Individual", "contactMedium": [*united["contactMedium"], email("c@a.org")]})
    since = [created(client, INTERACTIONS, call_of(survivor)) for _ in range(2)]
    assign = [{"resource": "PartyInteraction", "id": since[1]["id"]}]
    unmerge(client, survivor, duplicate, assign=assign)
    settle()
    assert [each["emailAddress"] for each in read(client, survivor)["contactMedium"]] == ["a@a.org", "c@a.org"]
    assert read(client, duplicate)["contactMedium"] == duplicate["contactMedium"]
    named = [read(client, each)["relatedParty"][0]["partyOrPartyRole"]["id"] for each in since]
    assert named == [survivor["id"], duplicate["id"]]


def test_somebody_decides_about_what_was_changed_since(client: httpx.Client, settle: Settle) -> None:
    for decision, title in (("keep", "Prof"), ("restore", None)):
        survivor, duplicate = (
            created(client, INDIVIDUAL_V5, person()),
            created(client, INDIVIDUAL_V5, person(title="Dr")),
        )
        merge(client, duplicate, survivor)
        settle()
        patched(client, survivor, {"@type": "Individual", "title": "Prof"})
        flow = unmerge(client, survivor, duplicate)
        settle()
        assert outcome(client, flow, "divide").startswith("changed since they were merged: Individual/title;")
        answer(client, tasks(client, flow)["divide"], changed=decision).raise_for_status()
        settle()
        assert (read(client, survivor).get("title"), read(client, duplicate)["title"]) == (title, "Dr")


def test_chains_are_undone_last_in_first_out(client: httpx.Client, settle: Settle) -> None:
    first, second, third = (created(client, INDIVIDUAL_V5, person(givenName=name)) for name in ("A", "B", "C"))
    call = created(client, INTERACTIONS, call_of(first))
    for duplicate, survivor in ((first, second), (second, third)):
        merge(client, duplicate, survivor)
        settle()
    early = unmerge(client, third, first)
    settle()
    assert outcome(client, early, "divide") == f"Individual {second['id']} was merged into it later; undo that first"
    for survivor, duplicate in ((third, second), (second, first)):
        flow = unmerge(client, survivor, duplicate)
        settle()
        assert read(client, flow)["state"] == "completed"
    assert [content(read(client, each)) for each in (first, second, third, call)] == [
        content(each) for each in (first, second, third, call)
    ]


def test_what_is_not_merged_cannot_be_undone(client: httpx.Client, settle: Settle) -> None:
    one, other = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    flow = unmerge(client, one, other)
    settle()
    assert outcome(client, flow, "divide") == f"Individual {other['id']} is not merged into {one['id']}"


@dataclass
class Model:
    """What there should be, as a sequence of changes makes it: who has which interaction, and what the survivor has."""

    client: httpx.Client
    settle: Settle
    survivor: Body
    calls: dict[str, Body] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    notes: dict[str, str | int] = field(default_factory=dict)
    merged: list[Body] = field(default_factory=list)

    def merge(self, calls: int, name: str) -> None:
        """Merge a new party, with so many interactions, into the survivor."""
        duplicate = created(self.client, INDIVIDUAL_V5, person(contactMedium=[email(f"{name}@b.org")]))
        for _ in range(calls):
            self.call(duplicate)
        flow = merge(self.client, duplicate, self.survivor)
        self.settle()
        assert read(self.client, flow)["state"] == "completed"
        self.merged.append(duplicate)

    def call(self, party: Body) -> None:
        call = created(self.client, INTERACTIONS, call_of(party))
        self.calls[call["id"]], self.owner[call["id"]] = call, party["id"]

    def change(self, change: str, number: int) -> None:
        """Do what came after the merge."""
        if change == "merge":
            self.merge(1, str(number))
        elif change == "call":
            self.call(self.survivor)
        elif change in ("email", "note"):
            getattr(self, f"_{change}")(number)
        elif self.calls:
            getattr(self, f"_{change}")(sorted(self.calls)[number % len(self.calls)], number)

    def _again(self, some: str, number: int) -> None:
        self.notes[some] = f"Note {number}"
        patched(self.client, self.calls[some], {"@type": "PartyInteraction", "description": self.notes[some]})

    def _remove(self, some: str, _number: int) -> None:
        self.client.delete(self.calls.pop(some)["href"]).raise_for_status()

    def _email(self, number: int) -> None:
        media = read(self.client, self.survivor)["contactMedium"]
        self.emails.append(f"{number}@a.org")
        patched(self.client, self.survivor, {"@type": "Individual", "contactMedium": [*media, email(self.emails[-1])]})

    def _note(self, number: int) -> None:
        self.notes[self.survivor["id"]] = number
        patched(self.client, self.survivor, {"@type": "Individual", "x-note": number})

    def undo(self, duplicate: Body) -> None:
        """Undo the last merge, and assert that it is as it was."""
        flow = unmerge(self.client, self.survivor, duplicate)
        self.settle()
        assert read(self.client, flow)["state"] == "completed"
        assert content(read(self.client, duplicate)) == content(duplicate)
        lost = values(tasks(self.client, flow)["divide"])["plan"]["lost"]
        gone = self.owner.keys() - self.calls.keys()
        assert {each["id"] for each in lost} == {id for id in gone if self.owner[id] == duplicate["id"]}


CHANGES = st.lists(st.sampled_from(["call", "again", "email", "note", "remove", "merge"]), max_size=10)


@settings(
    max_examples=share(10, "1"),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CHANGES)
def test_after_any_later_changes_both_are_as_a_model_says(
    client: httpx.Client, settle: Settle, changes: list[str]
) -> None:
    survivor = created(client, INDIVIDUAL_V5, person(contactMedium=[email("a@a.org")]))
    model = Model(client, settle, survivor)
    model.merge(2, "first")
    for number, change in enumerate(changes):
        model.change(change, number)
    for each in reversed(model.merged):
        model.undo(each)
    shown = read(client, survivor)
    assert [each["emailAddress"] for each in shown["contactMedium"]] == ["a@a.org", *model.emails]
    assert shown.get("x-note") == model.notes.get(survivor["id"])
    for id, call in model.calls.items():
        now = read(client, call)
        assert now["relatedParty"][0]["partyOrPartyRole"]["id"] == model.owner[id]
        assert now.get("description") == model.notes.get(id, call.get("description"))
