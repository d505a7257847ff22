# SPDX-License-Identifier: Apache-2.0
"""A total that is said to be exact is that of the snapshot, whether it was counted again or kept."""

import random
from typing import Any

import pytest

from app.domain import dates
from app.domain.events import change
from app.domain.origin import UNKNOWN
from app.storage.documents.counting import Counting
from app.storage.documents.kept_totals import KeptTotals
from app.storage.documents.page_query import PageQuery, PageReader
from app.storage.documents.repository import Repository
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.durable import Database
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox, Source

pytestmark = pytest.mark.anyio

RESOURCE, PARTIES = "Thing", ("ada", "bob")
STEPS = 120


class Things:
    """Documents, each of a party, with the relay of their changes, and counts as two processes take them."""

    def __init__(self, database: Database) -> None:
        self.documents = Repository(database, RESOURCE, 10_000)
        self.log = EventLog(database)
        self.outbox = Outbox(database, [Source(RESOURCE, "party"), Source("Other", "party")])
        self.others = Repository(database, "Other", 10_000)
        self.counted = 0
        self.kept = [KeptTotals(database, RESOURCE, large=1) for _ in range(2)]
        self.ids: list[str] = []

    async def prepare(self) -> None:
        await self.log.prepare()
        await self.outbox.prepare()

    async def create(self, id: str, party: str) -> None:
        document = {"party": party}
        await self.documents.insert(id, document, self.change(1, None, document))
        self.ids.append(id)

    async def move(self, id: str, party: str) -> None:
        seen = await self.documents.get(id)
        after = {"party": party, "times": seen.revision}
        await self.documents.replace(seen, after, self.change(seen.revision + 1, seen.document, after))

    async def delete(self, id: str) -> None:
        seen = await self.documents.get(id)
        await self.documents.remove(seen, self.change(seen.revision + 1, seen.document, None))
        self.ids.remove(id)

    async def drain(self) -> None:
        while batches := await self.outbox.oldest(100):
            await self.log.append(list(entries(batches)))
            await self.outbox.clear(batches)

    async def total(self, process: int, party: str) -> int:
        """The total by what a process has kept."""
        kept, criteria = self.kept[process], {"document.party": {"$eq": party}}
        async with kept.snapshot() as session:

            async def count() -> int:
                self.counted += 1
                return await self.documents._collection.count_documents(criteria, session=session)

            return await kept.total(criteria, session, count)

    def change(self, revision: int, before: Any, after: Any) -> Any:
        return change(revision=revision, at=dates.now(), origin=UNKNOWN, before=before, after=after, state_field=None)


@pytest.fixture
async def things(database: Database) -> Things:
    made = Things(database)
    await made.prepare()
    return made


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_written_a_total_is_exact(things: Things, seed: int) -> None:
    drawn, asked = random.Random(seed), 0
    for number in range(STEPS):
        choice = drawn.random()
        if choice < 0.2 or not things.ids:
            await things.create(f"{seed}-{number}", drawn.choice(PARTIES))
        elif choice < 0.3:
            await things.move(drawn.choice(things.ids), drawn.choice(PARTIES))
        elif choice < 0.38:
            await things.delete(drawn.choice(things.ids))
        elif choice < 0.6:
            await things.drain()
        else:
            party = drawn.choice(PARTIES)
            rows = things.documents._collection
            assert await things.total(drawn.randrange(2), party) == await rows.count_documents(
                {"document.party": party}
            )
            asked += 1
    assert things.counted < asked


async def test_a_total_is_counted_once_while_nothing_of_its_resource_changes(things: Things) -> None:
    for number in range(5):
        await things.create(str(number), "ada")
    assert [await things.total(0, "ada") for _ in range(2)] == [5, 5]
    assert things.counted == 2, "while changes wait, each is counted"
    await things.drain()
    assert [await things.total(0, "ada") for _ in range(3)] == [5, 5, 5]
    assert things.counted == 3
    await things.others.insert("x", {}, things.change(1, None, {}))
    await things.drain()
    assert await things.total(0, "ada") == 5
    assert things.counted == 3, "what changes elsewhere is no matter"
    await things.create("new", "bob")
    await things.drain()
    assert await things.total(0, "ada") == 5
    assert things.counted == 4


async def test_the_page_and_its_kept_total_are_of_one_instant(things: Things, database: Database) -> None:
    for number in range(6):
        await things.create(str(number), "ada")
    await things.drain()
    reader = PageReader(things.documents._collection, 10_000, KeptTotals(database, RESOURCE, large=2))
    criteria = {"document.party": {"$eq": "ada"}}
    for _ in range(3):
        page = await reader.read(criteria, PageQuery(0, 2), Counting.EXACT)
        assert (len(page.rows), page.total and (page.total.number, page.total.exact)) == (2, (6, True))
    await things.delete("0")
    page = await reader.read(criteria, PageQuery(0, 2), Counting.EXACT)
    assert page.total
    assert page.total.number == 5


async def test_whether_a_total_holds_is_told_by_few_keys(things: Things, database: Database) -> None:
    for number in range(40):
        await things.create(str(number), "ada")
    await things.drain()
    await things.total(0, "ada")
    await database.command("profile", 2)
    await things.total(0, "ada")
    await database.command("profile", 0)
    read = [each async for each in database["system.profile"].find({"op": {"$in": ["query", "command"]}})]
    (look,) = [each for each in read if "aggregate" in each["command"]]
    assert look["docsExamined"] + look["keysExamined"] <= 4, look
