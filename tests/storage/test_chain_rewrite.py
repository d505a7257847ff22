# SPDX-License-Identifier: Apache-2.0
"""The rewrite of the chain: what earlier releases logged plain is sealed or salted, and nothing else changes."""

from typing import Any

import bson
import pytest

from app.domain import dates
from app.storage.event_log import chain_rewrite
from app.storage.event_log.chain import DROPPED, OMISSION, PAYLOAD, SEALED, START, Mark, digest, link, own_hash
from app.storage.event_log.chain_rewrite import ChainRewrite, Progress
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import BrokenChain
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import SealedPayloads
from tests.storage.entries import checked, entry
from tests.storage.listening import VAULT

pytestmark = pytest.mark.anyio

OWNERS = {"Individual": [("id",)]}


@pytest.fixture
def payloads(database: Database) -> SealedPayloads:
    return SealedPayloads(PartyKeys(database, VAULT), OWNERS)


def unsalted(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A log of an earlier release."""
    log = list(link(entries, sequence=0, previous=START.hash, logged_at=dates.now()))
    previous = START.hash
    for one in log:
        del one["salt"]
        one["contentHash"] = digest({"document": one["document"], "before": one["before"]})
        one["previousHash"] = previous
        previous = one["hash"] = own_hash(one)
    return log


async def old_log(database: Database) -> list[dict[str, Any]]:
    """A log of nine entries, as earlier releases left it: about a party and about none, with a dropped payload each."""
    log = unsalted([entry(number, **({"resource": "Other"} if number % 2 else {})) for number in range(9)])
    for one in log[:2]:
        one[DROPPED] = dates.now()
        for name in PAYLOAD:
            one.pop(name, None)
    await database["event"].insert_many(log)
    return log


async def stored(database: Database) -> list[dict[str, Any]]:
    return [each async for each in EventLog(database).walk_stored(0)]


async def rewrite(database: Database, payloads: SealedPayloads | None) -> Progress | None:
    reached = None
    async for each in ChainRewrite(database, payloads).run():
        reached = each
    return reached


async def test_plain_payloads_are_sealed_or_salted_and_read_as_before(
    database: Database, payloads: SealedPayloads
) -> None:
    old = await old_log(database)
    reached = await rewrite(database, payloads)
    new = await stored(database)

    assert reached == Progress(1, Mark(9, old[-1]["hash"]), Mark(9, new[8]["hash"]), new[-1]["eventId"])
    assert (await checked(EventLog(database))).entries == 10
    assert [SEALED in each for each in new[2:9]] == [True, False] * 3 + [True]
    assert not {each["contentHash"] for each in old} & {each["contentHash"] for each in new}
    assert all("salt" in each for each in new[3:9:2])
    heads = [{name: each[name] for name in ("_id", "eventId", "resourceId", "at", "loggedAt")} for each in old]
    assert [{name: each[name] for name in heads[0]} for each in new[:9]] == heads
    opened = await EventLog(database, payloads).after(2, 7)
    assert [(each["document"], each["before"]) for each in opened] == [
        (each["document"], each["before"]) for each in old[2:]
    ]


async def test_the_log_tells_of_the_former_end_and_a_second_run_does_nothing(
    database: Database, payloads: SealedPayloads
) -> None:
    old = await old_log(database)
    assert await rewrite(database, payloads)
    first = await stored(database)
    record = first[-1]

    assert record["resource"] == "EventLog"
    assert record["document"] == {"first": 1, "former": f"9:{old[-1]['hash']}", "present": f"9:{first[8]['hash']}"}
    assert await rewrite(database, payloads) is None
    assert await stored(database) == first


@pytest.mark.parametrize("batches", [1, 2, 3])
async def test_a_rewrite_that_was_killed_goes_on_where_it_was(
    database: Database, payloads: SealedPayloads, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    monkeypatch.setattr(chain_rewrite, "BATCH", 3)
    await old_log(database)
    begun = ChainRewrite(database, payloads).run()
    for _ in range(batches):
        await anext(begun)
    await begun.aclose()
    if batches < 3:
        with pytest.raises(BrokenChain):
            await checked(EventLog(database))

    await EventLog(database, payloads).append([entry(10)])
    reached = await rewrite(database, payloads)
    assert reached
    assert reached.former.sequence == 10
    assert (await checked(EventLog(database))).entries == 11
    assert await rewrite(database, payloads) is None


async def test_a_log_that_was_tampered_with_is_not_made_good(database: Database, payloads: SealedPayloads) -> None:
    await old_log(database)
    await database["event"].update_one({"_id": 5}, {"$set": {"document.age": 99}})
    with pytest.raises(BrokenChain, match="payload was changed") as broken:
        await rewrite(database, payloads)
    assert broken.value.sequence == 5


async def test_a_payload_in_the_archive_comes_back_by_its_hash(database: Database, payloads: SealedPayloads) -> None:
    old = unsalted([entry(1), entry(2, resource="Other")])
    whole = dict(old[1])
    for name in PAYLOAD:
        old[1].pop(name, None)
    await database["event"].insert_many([old[0], {**old[1], DROPPED: dates.now()}])
    await database["archived"].insert_one({"_id": "Other/2", "bundle": "b"})
    assert await rewrite(database, payloads)

    back = {"$set": {name: whole[name] for name in ("document", "before")}, "$unset": {DROPPED: True}}
    await database["event"].update_one({"_id": 2}, back)
    assert (await checked(EventLog(database))).entries == 3


async def test_without_a_key_payloads_are_salted(database: Database) -> None:
    await old_log(database)
    assert await rewrite(database, None)
    new = await stored(database)
    assert all("salt" in each for each in new[2:])
    assert (await checked(EventLog(database))).entries == 10
    assert await rewrite(database, None) is None


async def test_a_party_that_was_erased_before_is_gone_from_what_is_rewritten(
    database: Database, payloads: SealedPayloads
) -> None:
    await old_log(database)
    await payloads.keys.destroy("4", "erasure")
    assert await rewrite(database, payloads)
    gone = (await stored(database))[4]
    assert (OMISSION in gone, DROPPED in gone, "document" in gone) == (True, True, False)
    assert b"Jan" not in bson.encode(gone)
    assert (await checked(EventLog(database))).entries == 10
