# SPDX-License-Identifier: Apache-2.0
"""Events that clients report: safe at once, logged once wherever a relay dies, and told like all others."""

import asyncio
from typing import Any

import pytest

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import UNKNOWN
from app.errors import NotFound
from app.events.relay.relay import Relay
from app.events.topics.reports import new_event_document, reported_change
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.custom_topics import SOURCES, CustomTopicStore
from app.storage.mongod.durable import Database
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox
from tests.storage import listening
from tests.storage.entries import checked
from tests.storage.listening import QUICK, Writer, delivery, ear, hub, running
from tests.storage.watching import logged, until

pytestmark = pytest.mark.anyio

ALL = (*listening.SOURCES, *SOURCES)


def relay(database: Database) -> Relay:
    return Relay(database, ALL, delivery(database, QUICK), lease_seconds=10, refresh_seconds=0.05)


def topics(database: Database) -> CustomTopicStore:
    return CustomTopicStore(database, 5000)


async def report(database: Database, topic: str = "t1", **said: Any) -> str:
    """Report an event to a topic, which is made if need be; its id."""
    made = {"$setOnInsert": {"document": {"name": topic}}}
    await database["topic"].update_one({"_id": topic}, made, upsert=True)
    id, at = new_id(), dates.now()
    document = new_event_document({"eventType": "FraudEvent", **said}, id=id, at=at, origin=UNKNOWN)
    await topics(database).report(id, reported_change(document, id=id, at=at, origin=UNKNOWN, topic=topic))
    return id


async def test_what_was_logged_but_not_cleared_is_logged_once(database: Database) -> None:
    first = await report(database)
    seen = await Outbox(database, ALL).oldest(10)
    await EventLog(database).append(list(entries(seen)))
    second = await report(database)
    assert await topics(database).waiting(first)
    assert await relay(database).drain()

    found = await logged(database)
    assert [(each["eventId"], each["api"], each["eventType"]) for each in found] == [
        (first, "t1", "FraudEvent"),
        (second, "t1", "FraudEvent"),
    ]
    assert [await topics(database).waiting(id) for id in (first, second)] == [None, None]
    assert not await relay(database).drain()


async def test_two_relays_log_what_many_report_once_and_in_one_chain(database: Database) -> None:
    ids = await asyncio.gather(*(report(database) for _ in range(40)))
    await Writer(database).create("1", name="a")
    one, other = relay(database), relay(database)
    while any(await asyncio.gather(one.drain(), other.drain())):
        continue

    assert sorted(each["eventId"] for each in await logged(database) if each["resource"] == "Event") == sorted(ids)
    assert (await checked(EventLog(database))).entries == len(ids) + 1


async def test_the_hub_of_a_topic_and_that_of_all_hear_what_is_reported_and_no_other(database: Database) -> None:
    async with ear() as own, ear() as every, ear() as party:
        await hub(database, api="t1").register({"callback": own.url})
        await hub(database, api="event").register({"callback": every.url})
        await hub(database).register({"callback": party.url})
        async with running(relay(database)):
            await report(database, topic="t2", event={"case": {"id": "c2"}})
            id = await report(database, event={"case": {"id": "c1"}}, eventTime=dates.instant("2024-05-01T10:00:00Z"))
            await Writer(database).create("1", name="a")
            await until(lambda: (len(own.heard), len(every.heard), len(party.heard)) == (1, 3, 1))

        assert own.ids == ["c1"]
        assert own.requests[0].headers["webhook-id"] == id
        assert own.heard[0]["timeOcurred"] == own.heard[0]["eventTime"] == "2024-05-01T10:00:00Z"
        assert sorted(every.ids) == ["1", "c1", "c2"]
        assert party.ids == ["1"]


async def test_of_two_that_delete_a_topic_one_comes_too_late(database: Database) -> None:
    change = {"revision": 1, "at": dates.now(), "correlationId": None, "actor": None, "document": {}, "events": []}
    await topics(database).create("t1", {"name": "Fraud"}, change)
    deletes = (topics(database).delete("t1", lambda document: {**change, "document": document}) for _ in range(2))
    outcomes = await asyncio.gather(*deletes, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome] == [NotFound]
    row = await database["departed"].find_one({"_id": "Topic/t1"})
    assert row is not None
    assert [each["document"] for each in row["pending"]] == [{}, {"name": "Fraud"}]
