# SPDX-License-Identifier: Apache-2.0
"""The past of a document while the relay is at work: at no moment is a change missing or another one in its place."""

from typing import Any

import pytest
from pymongo import MongoClient

from app.domain import dates
from app.storage.documents.history import Past, Trace
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.durable import Database
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox
from tests.storage.listening import SOURCES, Writer, relay

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]


async def story(database: Database) -> list[Trace]:
    """What is known of an individual after each step of its life; the second is that of its deletion."""
    individuals = Writer(database)
    instants = []
    for step in (individuals.create("1", name="a"), individuals.delete("1"), individuals.create("1", name="b")):
        await step
        instants.append(dates.now())
        while dates.now() == instants[-1]:
            pass
    await individuals.patch("1", name="c")
    return [await Past(database, "Individual", 5000).trace("1", at) for at in instants]


async def retold(database: Database, traces: list[Trace]) -> list[Trace]:
    """The same, asked for again by the instants of the changes."""
    past = Past(database, "Individual", 5000)
    return [await past.trace("1", trace.state.at) for trace in traces if trace.state]


async def test_the_past_is_the_same_before_between_and_after_the_steps_of_the_relay(database: Database) -> None:
    traces = await story(database)
    first, gone, second = traces
    assert first.state
    assert first.state.document == {"name": "a"}
    assert gone.state
    assert (gone.state.deleted, gone.former) == (True, first.state)
    assert second.state
    assert second.state.document == {"name": "b"}

    pending = await Outbox(database, SOURCES).oldest(10)
    await EventLog(database).append(list(entries(pending)))
    assert await retold(database, traces) == traces
    await Outbox(database, SOURCES).clear(pending)
    assert await retold(database, traces) == traces


async def test_the_deletion_may_be_the_only_change_that_waits(database: Database) -> None:
    individuals = Writer(database)
    await individuals.create("1", name="a")
    await individuals.patch("1", name="b", status="x")
    made = dates.now()
    while dates.now() == made:
        pass
    await relay(database).drain()
    await individuals.delete("1")

    trace = await Past(database, "Individual", 5000).trace("1", dates.now())
    assert trace.state
    assert trace.state.deleted
    assert trace.former
    assert trace.former.document == {"name": "b", "status": "x"}


async def test_what_was_never_there_has_no_beginning(database: Database) -> None:
    assert await Past(database, "Individual", 5000).trace("1", dates.now()) == Trace(None)
