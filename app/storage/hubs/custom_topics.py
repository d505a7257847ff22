# SPDX-License-Identifier: Apache-2.0
"""The topics that clients create, and the events that they report to them until the relay has logged these.

Neither has a document that could carry a change. So changes wait where those of deleted documents do, and from there go
into the log as all others: once, in the order of their time, whenever a relay runs.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from pymongo import ASCENDING, IndexModel, timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.errors import Conflict, NotFound, shorten
from app.storage.documents.bounds import LARGEST_DOCUMENT, require_document
from app.storage.documents.contention import Contention
from app.storage.documents.referential_integrity import REFERRED
from app.storage.documents.repository import TOMBSTONES
from app.storage.hubs import registrations
from app.storage.mongod.durable import WRITE_SECONDS, Database, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.outbox.outbox import Source

TOPIC, EVENT = "Topic", "Event"
"""What the log calls a topic that a client has created, and an event that one has reported."""

SOURCES = (Source(TOPIC, registrations.ALL_APIS, kept=False), Source(EVENT, registrations.ALL_APIS, kept=False))

COLLECTION = "topic"
NAME = IndexModel([("document.name", ASCENDING)], unique=True)

MOST_TOPICS = 1000
"""Topics that clients may create: a list of topics looks at them all."""

Document = dict[str, Any]
Change = Mapping[str, Any]


class CustomTopicStore:
    """The collection `topic`: `{_id, document}`; no query takes longer than `query_timeout_ms`."""

    def __init__(self, database: Database, query_timeout_ms: int) -> None:
        self._client = database.client
        self._topics = durable(database, COLLECTION)
        self._waiting = durable(database, TOMBSTONES)
        self._hubs = durable(database, registrations.COLLECTION)
        self._timeout = query_timeout_ms
        self._reports = Contention()

    async def prepare(self) -> None:
        """Create the collection's index."""
        await self._topics.create_indexes([NAME])

    async def find(self, id: str) -> Document | None:
        """What is kept of the topic with this id; None when there is none."""
        with as_tmf_errors():
            found = await self._topics.find_one({"_id": {"$eq": id}}, max_time_ms=self._timeout)
        return found["document"] if found else None

    async def all(self) -> dict[str, Document]:
        """What is kept of every topic, by its id, in the order in which they were created."""
        with as_tmf_errors():
            rows = await self._topics.find({}, sort=[("_id", ASCENDING)], max_time_ms=self._timeout).to_list()
        return {row["_id"]: row["document"] for row in rows}

    async def create(
        self, id: str, document: Document, change: Change, session: AsyncClientSession | None = None
    ) -> None:
        """Keep a new topic and announce it. Raises `Conflict` when another has its name, or there are too many, and
        `PayloadTooLarge`.

        It is done in the transaction of `session`, if that is given; then whoever runs it tells failures to the client.
        """

        # What waits of it for the relay is in one row: its creation, and its deletion with the names once more.
        require_document(document, LARGEST_DOCUMENT // 2)

        async def keep(session: AsyncClientSession) -> None:
            await self._insert(id, document, session)
            await self._announce(TOPIC, id, change, session)

        await (keep(session) if session else self.transact(keep))

    async def delete(self, id: str, change: Callable[[Document], Change]) -> None:
        """Forget a topic and its listeners, and announce the `change` that this is to what it was. Raises `NotFound`.

        The events of the topic stay in the log.
        """

        async def forget(session: AsyncClientSession) -> None:
            gone = await self._topics.find_one_and_delete({"_id": {"$eq": id}}, session=session)
            if gone is None:
                raise _not_found_error(id)
            await self._hubs.delete_many({"api": {"$eq": id}}, session=session)
            await self._announce(TOPIC, id, change(gone["document"]), session)

        await self.transact(forget)

    async def report(self, id: str, change: Change, session: AsyncClientSession | None = None) -> None:
        """Keep an event for the log; with a `session` as `create` does it. Raises `PayloadTooLarge`, and `NotFound`
        when its topic is gone."""
        require_document(change["document"])
        row = {"_id": f"{EVENT}/{id}", "resource": EVENT, "id": id, "pending": [change]}

        async def keep(session: AsyncClientSession) -> None:
            await self.hold(change["topic"], session)
            await self._waiting.insert_one(row, session=session)

        # All who report to a topic write its row: here they queue, so that they do not try in vain again and again.
        await (keep(session) if session else self._reports.run(change["topic"], partial(self.transact, keep)))

    async def hold(self, id: str, session: AsyncClientSession) -> None:
        """Have the topic there until the transaction of `session` ends. Raises `NotFound`."""
        held = await self._topics.update_one({"_id": {"$eq": id}}, {"$inc": {REFERRED: 1}}, session=session)
        if not held.matched_count:
            raise _not_found_error(id)

    async def waiting(self, id: str) -> Change | None:
        """The change that a reported event is, until the relay has logged it; then None."""
        with as_tmf_errors():
            row = await self._waiting.find_one({"_id": f"{EVENT}/{id}"}, max_time_ms=self._timeout)
        return row["pending"][0] if row else None

    async def _insert(self, id: str, document: Document, session: AsyncClientSession) -> None:
        if await self._topics.count_documents({}, limit=MOST_TOPICS, session=session) == MOST_TOPICS:
            raise Conflict(f"There are {MOST_TOPICS} topics already; delete one that is not needed")
        try:
            await self._topics.insert_one({"_id": id, "document": document}, session=session)
        except DuplicateKeyError:
            raise Conflict(f"There is a topic named '{shorten(document['name'], 60)}'; choose another name") from None

    async def _announce(self, resource: str, id: str, change: Change, session: AsyncClientSession) -> None:
        await self._waiting.update_one(
            {"_id": f"{resource}/{id}", "resource": resource, "id": id},
            {"$push": {"pending": change}},
            upsert=True,
            session=session,
        )

    async def transact(self, work: Callable[[AsyncClientSession], Awaitable[None]]) -> None:
        """Do the `work` in a transaction, again where another one wrote the same rows meanwhile."""
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            async with self._client.start_session() as session:
                await session.with_transaction(work)


def _not_found_error(id: str) -> NotFound:
    return NotFound(f"There is no topic '{shorten(id)}' any more")


class TopicListeners(registrations.Registrations):
    """The collection `hub`, for listeners of topics that may be deleted while they register."""

    def __init__(self, database: Database, kept: CustomTopicStore) -> None:
        super().__init__(database)
        self._kept = kept

    async def register(self, new: registrations.Registration, session: AsyncClientSession | None = None) -> None:
        """Store a new listener of the topic that is its `api`. Raises `NotFound` when that is gone, and `Conflict`."""
        register = super().register

        async def keep(session: AsyncClientSession) -> None:
            await self._kept.hold(new["api"], session)
            await register(new, session)

        await (keep(session) if session else self._kept.transact(keep))
