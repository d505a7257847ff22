# SPDX-License-Identifier: Apache-2.0
"""Telling: what is due becomes notices, each an outbound interaction, in one transaction with what is told by it.

After that the notice is on its way, whatever happens to the process.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.errors import Conflict, Unavailable
from app.interactions.notices.outbound import ORIGIN, notice_document, notice_id
from app.interactions.notices.recipients import recipient_of
from app.interactions.promises import DueNotice, Policy, due_notices
from app.interactions.tracking import Tracking
from app.resources.create import created_change
from app.resources.resource import Document, Resource
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import NONE, NewDocument, Repository
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.interactions.notices import Delivery, NoticeRows, ToldRow, on_its_way
from app.storage.mongod.durable import Database

log = structlog.get_logger()

AT_ONCE = 64
"""Interactions that are told of in one transaction."""
LOOK_AGAIN = timedelta(minutes=1)
"""After how long an interaction is looked at again whose policies are not known."""


@dataclass
class _News:
    """What is to be written for one interaction: the notices, what counts as told by then, and when to look again."""

    row: ToldRow
    keys: list[str] = field(default_factory=list)
    notices: list[tuple[DueNotice, Document]] = field(default_factory=list)
    then: datetime | None = None


class Telling:
    """Tells of the interactions of one resource, in the shape that is stored."""

    def __init__(
        self, database: Database, resource: Resource, documents: Repository, tracking: Tracking, rows: NoticeRows
    ) -> None:
        self._database, self._resource, self._documents = database, resource, documents
        self._tracking, self._rows = tracking, rows

    async def tell(self, now: datetime, limit: int, claimed_until: datetime) -> list[Delivery]:
        """Make notices of what is due by `now`, of so many interactions at most; returns those that were made, which
        are claimed by the caller for a while. Raises `DatabaseError` and `Unavailable`."""
        rows = await self._rows.due(now, limit)
        made: list[Delivery] = []
        for first in range(0, len(rows), AT_ONCE):
            told = [await self._news_of(row, now) for row in rows[first : first + AT_ONCE]]
            made += await self._write(told, now, claimed_until)
        return made

    async def _news_of(self, row: ToldRow, now: datetime) -> _News:
        """What is to be told of an interaction. Of several steps of a promise that are due for one and the same, the
        last is told, and says what the others would have."""
        document = row.stored.document
        try:
            await self._tracking.ready(document)
            policy = self._tracking.policy_of(document)
        except Unavailable as unknown:
            log.warning("nobody can be told of an interaction", interaction=row.stored.id, error=unknown.message)
            return _News(row, then=now + LOOK_AGAIN)
        if policy is None:
            return _News(row)
        open = [each for each in due_notices(policy, document.get("promise", ())) if each.key not in row.told]
        due = [each for each in open if each.at <= now]
        last = {(each.step.promise, each.step.tell): each for each in sorted(due, key=_distance)}
        notices = [(each, self._document(row, policy, each, now)) for each in last.values()]
        then = next((each.at for each in open if each.at > now), None)
        return _News(row, [each.key for each in due], notices, then)

    def _document(self, row: ToldRow, policy: Policy, notice: DueNotice, now: datetime) -> Document:
        recipient = recipient_of(row.stored.document, policy, notice.step.tell)
        return notice_document(self._resource, row.stored.id, notice, recipient, now)

    async def _write(self, told: Sequence[_News], now: datetime, until: datetime) -> list[Delivery]:
        try:
            return await self._commit(told, now, until)
        except ConcurrentModification:
            if len(told) == 1:
                return []  # Somebody changed it, or told: the next look sees what is to be told by then.
        except Conflict:
            if len(told) == 1:
                # The notice is there already: it was told, though the row does not say so.
                return await self._write([_News(told[0].row, told[0].keys, [], told[0].then)], now, until)
        return [delivery for each in told for delivery in await self._write([each], now, until)]

    async def _commit(self, told: Sequence[_News], now: datetime, until: datetime) -> list[Delivery]:
        work, news, deliveries = UnitOfWork(self._database), list[NewDocument](), list[Delivery]()
        for each in told:
            self._rows.record_notices(work, each.row, each.keys, each.then)
            for notice, document in each.notices:
                id = notice_id(each.row.stored.id, notice)
                delivery = Delivery(id, each.row.stored.id, notice.key, until)
                change = created_change(self._resource, document, now, ORIGIN)
                news.append(NewDocument(id, document, change, on_its_way(delivery)))
                deliveries.append(delivery)
        if news:
            # Nothing refers to what nobody knows yet, so no relationship can lead back to it.
            work.add(partial(self._documents.insert_many_within, news, NONE))
        await work.commit()
        return deliveries


def _distance(notice: DueNotice) -> tuple[datetime, timedelta]:
    return notice.at, notice.step.after - notice.step.before
