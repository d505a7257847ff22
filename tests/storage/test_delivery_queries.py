# SPDX-License-Identifier: Apache-2.0
"""Deliveries to listeners that ask: by groups, operators and JSONPath; and a query that can no longer be read."""

import pytest
import structlog

from app.storage.mongod.durable import Database
from tests.storage.listening import Writer, ear, hub, relay, running
from tests.storage.watching import until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("event.individual.n>1;event.individual.name=a", ["1", "2", "3"]),
        ("event.individual.n.gte=2&event.individual.name.ne=c", ["2"]),
        ("event.individual.name=~^[bc]", ["2", "3"]),
        ("filter=event.individual.note[?(@.author=='P' && @.text=='t2')]", ["3"]),
        ("filter=$[?(@.event.individual.n<3)]&event.individual.note.exists=true", ["1"]),
    ],
)
async def test_a_listener_gets_what_its_query_asks_for(database: Database, query: str, ids: list[str]) -> None:
    async with ear() as asking, ear() as other:
        await hub(database).register({"callback": asking.url, "query": query})
        await hub(database).register({"callback": other.url})
        async with running(relay(database)):
            notes = [{"author": "P", "text": "t1"}, {"author": "Q", "text": "t2"}]
            await Writer(database).create("1", name="a", n=1, note=notes)
            await Writer(database).create("2", name="b", n=2)
            await Writer(database).create("3", name="c", n=3, note=[{"author": "P", "text": "t2"}])
            await until(lambda: len(other.heard) == 3 and len(asking.heard) == len(ids))

        assert sorted(asking.ids) == ids


async def test_a_listener_whose_query_cannot_be_read_is_suspended_and_holds_up_nobody(database: Database) -> None:
    async with ear() as lost, ear() as listener:
        made = await hub(database).register({"callback": lost.url, "query": "priority=3"})
        await database["hub"].update_one({"_id": made["id"]}, {"$set": {"query": "priority=3%"}})
        await hub(database).register({"callback": listener.url})
        with structlog.testing.capture_logs() as said:
            async with running(relay(database)):
                await Writer(database).create("1", name="a")
                await until(lambda: len(listener.heard) == 1)
                await until(lambda: "error" in [line["log_level"] for line in said])

        assert lost.heard == []
        assert [line["event"] for line in said if line["log_level"] == "error"] == ["listener is suspended"]
        suspended = await database["hub"].find_one({"_id": made["id"]})
        assert suspended is not None
        assert suspended["state"] == "suspended"
        assert suspended["lastError"].startswith("The query is not understood: '%' is no percent-encoding")
