# SPDX-License-Identifier: Apache-2.0
"""Erasure is whole in any order with archive, merge, its undoing and return: a census finds nothing of the erased."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from bson import encode
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from app.settings import Settings
from app.storage.archive.bundle import read_bundle
from app.storage.event_log.event_log import EventLog
from tests.contract.answers import created
from tests.contract.draining import draining
from tests.contract.performing import (
    CUSTOMERS,
    FLOWS,
    INTERACTIONS,
    Performer,
    interaction_with,
    performing,
    read,
    tasks,
    values,
)
from tests.contract.test_archive_process import erase_body
from tests.contract.test_merge import MERGE_CUSTOMER, Body, call_of, email, merge, party_ref, passport, person
from tests.contract.test_privacy import minimal
from tests.contract.test_unmerge import unmerge
from tests.paths import INDIVIDUAL_V5, PRIVACY_AGREEMENT_V5, PRIVACY_PROFILE_V5
from tests.served import share
from tests.serving import free_port, serving

NUMBERS = count()
RETENTION_IS_OVER = timedelta(days=12 * 366)
IDS_STAY = {"event", "alias", "partyKey", "archiveBundle", "partyPrivacyProfile"}
"""Where ids of the erased stay: heads of events, tombstones, the register, and what they agreed to for others; beside
the flow that is the proof."""


@dataclass
class World:
    """A server with what performs its flows; three parties that are customers who have left, and a bystander."""

    client: httpx.Client
    performer: Performer
    drain: Callable[[], None]
    database: Any
    mark: str = ""
    parties: list[Body] = field(default_factory=list)
    customers: list[Body] = field(default_factory=list)
    survivor: dict[int, int] = field(default_factory=dict)
    kept_customer: dict[int, int] = field(default_factory=dict)
    engaged: list[int] = field(default_factory=list)
    archived: set[int] = field(default_factory=set)
    merges: list[tuple[int, int, set[int]]] = field(default_factory=list)

    def settle(self, ahead: timedelta = timedelta()) -> None:
        self.performer(ahead)
        for _ in range(2):
            self.drain()
            self.performer(timedelta(seconds=5))
        self.drain()

    def canary(self, kind: str, number: int) -> str:
        """A text that is about a party (`p`) or customer (`c`) alone."""
        return f"{self.mark}{kind}{number}x"

    def populate(self) -> "World":
        """A fresh world in the same place."""
        fresh = World(self.client, self.performer, self.drain, self.database, mark=f"canary{next(NUMBERS)}y")
        self.performer.ahead = timedelta()
        other = created(self.client, INDIVIDUAL_V5, person())
        active = {"@type": "Customer", "name": "Other", "status": "Active", "engagedParty": party_ref(other)}
        created(self.client, CUSTOMERS, active)
        for number in range(3):
            fresh._add(number, other)
        return fresh

    def _add(self, number: int, other: Body) -> None:
        of_party, of_customer = self.canary("p", number), self.canary("c", number)
        media = [email(f"{of_party}@example.com")]
        body = person(individualIdentification=[passport(of_party)], contactMedium=media, title=of_party)
        party = created(self.client, INDIVIDUAL_V5, {**body, "familyName": of_party})
        told = {"name": of_customer, "description": of_customer, "status": "Terminated"}
        customer = created(self.client, CUSTOMERS, {"@type": "Customer", "engagedParty": party_ref(party), **told})
        key = {"Idempotency-Key": f"{self.mark}{number}"}
        call = call_of(party, reason=of_party, status="completed")
        assert self.client.post(INTERACTIONS, json=call, headers=key).status_code == 201
        created(self.client, INTERACTIONS, call_of(customer, reason=of_customer, status="completed"))
        shared = interaction_with(party["id"], other["id"], reason="Both called", status="completed")
        shared["relatedParty"][0]["partyOrPartyRole"]["name"] = of_party
        created(self.client, INTERACTIONS, shared)
        self._add_privacy(party, other, of_party)
        self.parties.append(party)
        self.customers.append(customer)
        self.engaged.append(number)

    def _add_privacy(self, party: Body, other: Body, of_party: str) -> None:
        """An agreement of the party, one of both, and a profile for the other one to which the party has agreed."""
        named = {**party_ref(party), "name": of_party}
        agreement = {**minimal(PRIVACY_AGREEMENT_V5), "description": of_party, "engagedParty": [named]}
        created(self.client, PRIVACY_AGREEMENT_V5, agreement)
        shared = {**agreement, "description": "Of both", "engagedParty": [named, party_ref(other)]}
        created(self.client, PRIVACY_AGREEMENT_V5, shared)
        role = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "consumer"}
        of = {"agreedByParty": named, "applicableForParty": party_ref(other)}
        both = {name: {**role, "partyOrPartyRole": who} for name, who in of.items()}
        created(self.client, PRIVACY_PROFILE_V5, {**minimal(PRIVACY_PROFILE_V5), **both})

    def root(self, number: int) -> int:
        while number in self.survivor:
            number = self.survivor[number]
        return number

    def customer(self, number: int) -> int:
        while number in self.kept_customer:
            number = self.kept_customer[number]
        return number

    def act(self, action: str, one: int, other: int) -> None:
        """Do what an action says, if it can be done."""
        getattr(self, f"_{action}")(one, other)

    def _merge(self, one: int, other: int) -> None:
        duplicate, survivor = self.root(one), self.root(other)
        if duplicate != survivor:
            self._completed(merge(self.client, self.parties[duplicate], self.parties[survivor]))
            moved = {each for each, party in enumerate(self.engaged) if party == duplicate}
            self.survivor[duplicate] = survivor
            self.engaged = [survivor if party == duplicate else party for party in self.engaged]
            self.merges.append((duplicate, survivor, moved))

    def _unmerge(self, one: int, _other: int) -> None:
        root = self.root(one)
        last = next((each for each in reversed(self.merges) if each[1] == root), None)
        if last is None:
            return
        flow = unmerge(self.client, self.parties[root], self.parties[last[0]])
        self.settle()
        if read(self.client, flow)["state"] == "cancelled":
            assert "restore that first" in values(tasks(self.client, flow)["divide"])["reason"]
            assert any(self.engaged[each] == root for each in self.archived)
            return
        assert read(self.client, flow)["state"] == "completed", tasks(self.client, flow)
        self.merges.remove(last)
        del self.survivor[last[0]]
        for each in last[2]:
            if each not in self.kept_customer:
                self.engaged[each] = last[0]

    def _merge_customers(self, one: int, other: int) -> None:
        duplicate, survivor = self.customer(one), self.customer(other)
        same_party = self.engaged[duplicate] == self.engaged[survivor]
        if duplicate != survivor and same_party and self.archived.isdisjoint({duplicate, survivor}):
            self._completed(
                merge(self.client, self.customers[duplicate], self.customers[survivor], process=MERGE_CUSTOMER)
            )
            self.kept_customer[duplicate] = survivor

    def _archive(self, one: int, _other: int) -> None:
        number = self.customer(one)
        if number not in self.archived:
            self.drain()
            archive = self.performer.liaison.scheduled_archive
            assert archive is not None
            self.performer.run(archive.put("Customer", self.customers[number]["id"]))
            self.drain()
            self.archived.add(number)

    def _restore(self, one: int, _other: int) -> None:
        number = self.customer(one)
        if number in self.archived:
            archive = self.performer.liaison.archive
            assert archive is not None
            bundle = self.performer.run(archive.register.bundle_of("Customer", self.customers[number]["id"]))
            self.performer.run(archive.restore(bundle.id))
            self.drain()
            self.archived.remove(number)

    def _completed(self, flow: Body) -> None:
        self.settle()
        assert read(self.client, flow)["state"] == "completed", tasks(self.client, flow)

    def erase(self, party: int) -> None:
        """Erase a party, and assert that nothing is left of it, nor anything lost of others."""
        self.performer.ahead += RETENTION_IS_OVER
        flow = created(self.client, FLOWS, erase_body(self.parties[party]["id"]))
        self._completed(flow)
        erased = {each for each in range(3) if self.root(each) == party}
        gone = [self.canary("p", each) for each in erased]
        gone += [self.canary("c", each) for each in erased if self.engaged[self.customer(each)] == party]
        self._assert_gone(gone)
        self._assert_forgotten([self.parties[each]["id"] for each in erased], flow["id"])
        self._assert_kept(set(range(3)) - erased)

    def _assert_gone(self, canaries: list[str]) -> None:
        found = {
            f"{name}: {canary}"
            for name, row in self._rows()
            for canary in canaries
            if canary.encode() in encode(row) or canary in repr(row)
        }
        archive, log = self.performer.liaison.archive, self._log()
        assert archive is not None
        opened = [repr(entry) for entry in self.performer.run(log.after(0, 100_000))]
        found |= {f"the opened log: {canary}" for canary in canaries for entry in opened if canary in entry}
        for content in self.performer.run(self._objects()):
            whole = read_bundle(content)
            rows = [self.performer.run(whole.rows(name, archive._opening(whole))) for name in whole.members]
            found |= {f"an object of the archive: {canary}" for canary in canaries if canary in repr(rows)}
        assert found == set()

    def _assert_forgotten(self, ids: list[str], proof: str) -> None:
        for name, row in self._rows():
            if name not in IDS_STAY and not str(row["_id"]).startswith(proof):
                assert not any(id.encode() in encode(row) for id in ids), (name, row)

    def _assert_kept(self, others: set[int]) -> None:
        for each in others:
            found = self.client.get(f"{INDIVIDUAL_V5}/{self.parties[each]['id']}", follow_redirects=True)
            numbers = [one["identificationId"] for one in found.json()["individualIdentification"]]
            assert self.canary("p", each) in numbers
        for each in [each for each in range(3) if self.root(self.engaged[self.customer(each)]) in others]:
            self._restore(each, each)
            found = self.client.get(f"{CUSTOMERS}/{self.customers[each]['id']}", follow_redirects=True)
            assert found.status_code == 200, found.text
            engaged = self.parties[self.engaged[self.customer(each)]]
            assert found.json()["engagedParty"] == party_ref(engaged)

    def _log(self) -> EventLog:
        return EventLog(self.performer.liaison.database, self.performer.liaison.payloads)

    def _rows(self) -> Iterator[tuple[str, Any]]:
        for name in self.database.list_collection_names():
            for row in self.database[name].find():
                yield name, row

    async def _objects(self) -> list[bytes]:
        archive = self.performer.liaison.archive
        assert archive is not None
        return [await archive.store.get(name) async for name in archive.store.names()]


@pytest.fixture(scope="module")
def worlds(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[dict[bool, World]]:
    """A server each that seals what it keeps, and one that does not."""
    with ExitStack() as running:
        made = {}
        for sealed in (True, False):
            key = settings.secrets_key if sealed else ""
            port = free_port()
            own = dataclasses.replace(settings, port=port, database=f"liaison_test_{port}", secrets_key=key)
            running.callback(mongo.drop_database, own.database)
            client = running.enter_context(httpx.Client(base_url=running.enter_context(serving(own))))
            performer, drain = running.enter_context(performing(own)), running.enter_context(draining(own))
            made[sealed] = World(client, performer, drain, mongo[own.database])
        yield made


NUMBER = st.integers(0, 2)
ACTIONS = st.lists(
    st.tuples(st.sampled_from(["archive", "restore", "merge", "merge", "merge_customers", "unmerge"]), NUMBER, NUMBER),
    max_size=7,
)


@settings(max_examples=share(6, "1"), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.booleans(), ACTIONS, NUMBER)
@example(sealed=False, actions=[("archive", 0, 0), ("merge", 0, 1)], party=1)
@example(sealed=True, actions=[("archive", 0, 0), ("merge", 0, 1), ("merge", 1, 2)], party=2)
@example(sealed=False, actions=[("archive", 0, 0), ("merge", 0, 1), ("merge", 1, 2), ("unmerge", 2, 2)], party=2)
@example(sealed=False, actions=[("merge", 0, 1), ("merge_customers", 0, 1), ("archive", 1, 1)], party=1)
@example(sealed=True, actions=[("archive", 0, 0), ("merge", 0, 1), ("restore", 0, 0), ("unmerge", 1, 1)], party=0)
@example(sealed=False, actions=[("merge", 0, 1), ("unmerge", 1, 1)], party=0)
@example(sealed=True, actions=[("merge", 0, 1), ("unmerge", 1, 1)], party=0)
def test_after_an_erasure_nothing_is_left_of_the_party_and_what_was_merged_into_it(
    worlds: dict[bool, World], sealed: bool, actions: list[tuple[str, int, int]], party: int
) -> None:
    world = worlds[sealed].populate()
    for action in actions:
        world.act(*action)
    world.erase(world.root(party))
