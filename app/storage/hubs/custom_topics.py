# SPDX-License-Identifier: Apache-2.0
"""Topics that clients create (TMF688), and the events reported to them, until the relay has logged these.

Neither has a row that could carry pending changes. So these wait in tombstones, as those of deleted documents do, from
where the relay moves them into the log like all others.
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
"""The names of resources in the log for a topic that a client has created, and for a reported event."""

SOURCES = (Source(TOPIC, registrations.ALL_APIS, kept=False), Source(EVENT, registrations.ALL_APIS, kept=False))

COLLECTION = "topic"
NAME = IndexModel([("document.name", ASCENDING)], unique=True)

MOST_TOPICS = 1000
"""Topics of clients at most, as a list of topics reads them all."""

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
        """The stored document of the topic with this id; None when there is none."""
        with as_tmf_errors():
            found = await self._topics.find_one({"_id": {"$eq": id}}, max_time_ms=self._timeout)
        return found["document"] if found else None

    async def all(self) -> dict[str, Document]:
        """The stored documents of all topics, by id, in the order of creation."""
        with as_tmf_errors():
            rows = await self._topics.find({}, sort=[("_id", ASCENDING)], max_time_ms=self._timeout).to_list()
        return {row["_id"]: row["document"] for row in rows}

    async def create(
        self, id: str, document: Document, change: Change, session: AsyncClientSession | None = None
    ) -> None:
        """Insert a topic and announce it. Raises `Conflict` when another has its name, or there are too many, and
        `PayloadTooLarge`.

        Runs in the transaction of `session`, if given; then failures are raised as the driver does, for the caller.
        """

        # Its pending changes are in one row: the creation, and the deletion with the names once more.
        require_document(document, LARGEST_DOCUMENT // 2)

        async def keep(session: AsyncClientSession) -> None:
            await self._insert(id, document, session)
            await self._announce(TOPIC, id, change, session)

        await (keep(session) if session else self.transact(keep))

    async def delete(self, id: str, change: Callable[[Document], Change]) -> None:
        """Delete a topic and its listeners, and announce that by the `change` made of its document. Raises `NotFound`.

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
        """Store an event for the log; with a `session` as in `create`. Raises `PayloadTooLarge`, and `NotFound` when
        its topic is gone."""
        require_document(change["document"])
        row = {"_id": f"{EVENT}/{id}", "resource": EVENT, "id": id, "pending": [change]}

        async def keep(session: AsyncClientSession) -> None:
            await self.hold(change["topic"], session)
            await self._waiting.insert_one(row, session=session)

        # All reports to a topic write its row: they queue here, rather than conflict again and again.
        await (keep(session) if session else self._reports.run(change["topic"], partial(self.transact, keep)))

    async def hold(self, id: str, session: AsyncClientSession) -> None:
        """Prevent the deletion of the topic until the transaction of `session` ends. Raises `NotFound`."""
        held = await self._topics.update_one({"_id": {"$eq": id}}, {"$inc": {REFERRED: 1}}, session=session)
        if not held.matched_count:
            raise _not_found_error(id)

    async def waiting(self, id: str) -> Change | None:
        """The pending change of a reported event; None once the relay has logged it."""
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
        """Run `work` in a transaction, again after a write conflict with another one."""
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
