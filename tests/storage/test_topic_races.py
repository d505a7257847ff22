# SPDX-License-Identifier: Apache-2.0
"""A topic is deleted while an event is reported to it or a listener registers: one of both is refused, or both hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from app.domain import dates
from app.errors import NotFound
from app.storage.documents.repository import TOMBSTONES
from app.storage.hubs.custom_topics import EVENT, CustomTopicStore, TopicListeners
from tests.storage.racing import Conflicts, Halt

pytestmark = pytest.mark.anyio


class Place:
    """A database with the topic `t`."""

    def __init__(self, database: Any, conflicts: Conflicts) -> None:
        self.database, self.conflicts = database, conflicts
        self.kept = CustomTopicStore(database, 5000)
        self.listeners = TopicListeners(database, self.kept)

    async def delete(self) -> None:
        await self.kept.delete("t", lambda document: {"document": document})

    async def left(self) -> tuple[int, int, int]:
        """How many topics, listeners of them and reported events there are."""
        counts = [self.database[name].count_documents(of) for name, of in LEFT]
        topics, listeners, events = await asyncio.gather(*counts)
        return topics, listeners, events


LEFT: list[tuple[str, dict[str, Any]]] = [("topic", {}), ("hub", {}), (TOMBSTONES, {"resource": EVENT})]


@pytest.fixture
async def place(mongodb_uri: str, clean_database: str) -> AsyncIterator[Place]:
    conflicts = Conflicts()
    async with AsyncMongoClient[Any](mongodb_uri, tz_aware=True, w="majority", event_listeners=[conflicts]) as client:
        place = Place(client[clean_database], conflicts)
        await place.kept.prepare()
        await place.kept.create("t", {"name": "Fraud"}, {"document": {"name": "Fraud"}})
        yield place


async def report(place: Place) -> None:
    await place.kept.report("e", {"topic": "t", "at": dates.now(), "document": {"eventType": "X"}})


async def register(place: Place) -> None:
    rest: dict[str, Any] = {"described": {}, "guarded": {}, "query": None, "position": 0}
    await place.listeners.register(place.listeners.new(api="t", version="v4", callback="http://a.example/", **rest))


WRITES = pytest.mark.parametrize("write", [report, register])
Write = Callable[[Place], Awaitable[None]]


@WRITES
async def test_a_topic_that_is_held_is_deleted_afterwards(
    place: Place, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, CustomTopicStore, "hold", after=True)
    writing = asyncio.ensure_future(write(place))
    await halt.reached.wait()
    place.conflicts.met.clear()
    deleting = asyncio.ensure_future(place.delete())
    await place.conflicts.met.wait()
    assert not deleting.done()
    halt.open.set()
    await asyncio.gather(writing, deleting)
    assert await place.left() == (0, 0, int(write is report))


@WRITES
async def test_nothing_comes_to_a_topic_that_has_gone_meanwhile(
    place: Place, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, CustomTopicStore, "hold")
    writing = asyncio.ensure_future(write(place))
    await halt.reached.wait()
    await place.delete()
    halt.open.set()
    with pytest.raises(NotFound, match="no topic 't'"):
        await writing
    assert await place.left() == (0, 0, 0)


@WRITES
async def test_nothing_comes_to_a_topic_that_is_being_deleted(
    place: Place, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, CustomTopicStore, "_announce")
    deleting = asyncio.ensure_future(place.delete())
    await halt.reached.wait()
    place.conflicts.met.clear()
    writing = asyncio.ensure_future(write(place))
    await place.conflicts.met.wait()
    halt.open.set()
    await deleting
    with pytest.raises(NotFound, match="no topic 't'"):
        await writing
    assert await place.left() == (0, 0, 0)


async def test_many_may_report_to_one_topic_at_once(place: Place) -> None:
    def one(number: int) -> Awaitable[None]:
        told = {"topic": "t", "at": dates.now(), "document": {"eventType": "X"}}
        return place.kept.report(f"e{number}", told)

    await asyncio.gather(*map(one, range(100)))
    assert not place.conflicts.met.is_set()
    assert await place.left() == (1, 0, 100)
