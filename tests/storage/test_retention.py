# SPDX-License-Identifier: Apache-2.0
"""Retention: old payloads go, but never one that a listener waits for; everything else stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.ownership import Ownership
from app.storage.documents.legal_holds import HoldSource, LegalHolds
from app.storage.event_log import retention
from app.storage.event_log.chain import PAYLOAD
from app.storage.event_log.event_log import WHOLE, EventLog
from app.storage.event_log.retention import Retention
from app.storage.hubs.registrations import ACTIVE, PAUSED, SUSPENDED
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import SealedPayloads
from tests.storage.entries import checked, entry
from tests.storage.listening import VAULT
from tests.storage.watching import logged

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
DAYS = 30


def later(days: float) -> datetime:
    return dates.now() + timedelta(days=days)


def listening(mongo: Mongo, database: str, position: int, state: str = ACTIVE) -> None:
    """A listener that has got as far as `position`."""
    mongo[database]["hub"].insert_one({"_id": new_id(), "callback": new_id(), "position": position, "state": state})


async def filled(database: Database, length: int = 5) -> EventLog:
    log = EventLog(database)
    await log.append([entry(number) for number in range(length)])
    return log


async def whole(database: Database) -> list[int]:
    """The numbers of the entries that have their payload."""
    return [each["_id"] for each in await logged(database) if all(name in each for name in PAYLOAD)]


async def test_a_payload_goes_when_it_is_old_and_nothing_else_does(database: Database) -> None:
    log = await filled(database)
    before = await logged(database)

    assert await Retention(database, days=DAYS).drop_old(later(DAYS + 1)) == 5
    after = await logged(database)
    assert [set(old) - set(new) for old, new in zip(before, after, strict=True)] == [set(PAYLOAD)] * 5
    assert all(new[name] == old[name] for old, new in zip(before, after, strict=True) for name in new.keys() & old)
    assert (await checked(log)).dropped == 5


async def test_a_payload_stays_until_it_is_old(database: Database) -> None:
    await filled(database)

    assert await Retention(database, days=DAYS).drop_old(later(DAYS - 1)) == 0
    assert await Retention(database, days=DAYS).run_once() == 0
    assert await whole(database) == [1, 2, 3, 4, 5]


async def test_without_days_payloads_stay_for_ever(database: Database) -> None:
    await filled(database)

    assert await Retention(database, days=0).drop_old(later(100_000)) == 0
    assert await whole(database) == [1, 2, 3, 4, 5]


async def test_what_goes_goes_once(database: Database) -> None:
    await filled(database)
    old = Retention(database, days=DAYS)

    assert await old.drop_old(later(DAYS + 1)) == 5
    first = await logged(database)
    assert await old.drop_old(later(DAYS + 1)) == 0
    assert await logged(database) == first


async def test_more_than_a_batch_goes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    await filled(database)

    assert await Retention(database, days=DAYS).drop_old(later(DAYS + 1)) == 5
    assert await whole(database) == []


@pytest.mark.parametrize(
    ("listeners", "kept"),
    [
        ([(5, ACTIVE)], []),
        ([(2, ACTIVE), (4, ACTIVE)], [3, 4, 5]),
        ([(4, ACTIVE), (3, PAUSED)], [4, 5]),
        ([(0, ACTIVE)], [1, 2, 3, 4, 5]),
        ([(0, SUSPENDED)], []),
        ([(0, SUSPENDED), (4, ACTIVE)], [5]),
    ],
)
async def test_a_payload_that_a_listener_waits_for_stays(
    database: Database, mongo: Mongo, clean_database: str, listeners: list[tuple[int, str]], kept: list[int]
) -> None:
    log = await filled(database)
    for position, state in listeners:
        listening(mongo, clean_database, position, state)

    assert await Retention(database, days=DAYS).drop_old(later(DAYS + 1)) == 5 - len(kept)
    assert await whole(database) == kept
    assert (await checked(log)).entries == 5


async def test_entries_that_are_logged_after_a_pass_are_whole(database: Database) -> None:
    log = await filled(database)
    await Retention(database, days=DAYS).drop_old(later(DAYS + 1))
    await log.append([entry()])

    assert await whole(database) == [6]
    assert (await checked(log)).entries == 6


def of_party(number: int, document: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """An entry about an interaction, as it was after the change, and what it was before."""
    about = {"resource": "PartyInteraction", "resourceId": f"i{number}"}
    return {**entry(number), **about, "document": document, "before": before or {}}


@pytest.mark.parametrize("sealing", [False, True])
async def test_what_is_under_a_legal_hold_keeps_its_payloads(
    database: Database, monkeypatch: pytest.MonkeyPatch, sealing: bool
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    ownership = Ownership({"Customer": [("engagedParty", "id")], "PartyInteraction": [("relatedParty", "id")]})
    holds = LegalHolds(database, [HoldSource("LegalHold", ("heldEntity", "id"), frozenset({"active"}))], ownership)
    held = {"reason": "Law suit", "heldEntity": [{"id": "p", "@referredType": "Individual"}]}
    await database["legalHold"].insert_one({"_id": "h", "state": "active", "document": held})
    await database["customer"].insert_one({"_id": "c", "document": {"engagedParty": {"id": "p"}}})
    owners = {**ownership.paths, "Individual": [("id",)]}
    log = EventLog(database, SealedPayloads(PartyKeys(database, VAULT), owners) if sealing else None)
    free = {"relatedParty": [{"id": "other"}]}
    await log.append(
        [
            of_party(1, free),
            of_party(2, {"relatedParty": [{"id": "x"}, {"id": "p"}]}),
            of_party(3, free, {"relatedParty": [{"id": "p"}]}),
            of_party(4, {"relatedParty": [{"id": "c"}]}),
            of_party(5, {}),
            {**entry(6), "resource": "Individual", "resourceId": "p"},
            {**entry(7), "resource": "Customer", "resourceId": "p"},
        ]
    )
    dropping = Retention(database, days=DAYS, holds=holds)
    assert await dropping.drop_old(later(DAYS + 1)) == 3
    assert [each["_id"] async for each in database["event"].find(WHOLE, sort=[("_id", 1)])] == [2, 3, 4, 6]
    await database["legalHold"].update_one({"_id": "h"}, {"$set": {"state": "released"}})
    assert await dropping.drop_old(later(DAYS + 1)) == 4
