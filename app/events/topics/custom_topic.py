# SPDX-License-Identifier: Apache-2.0
"""A topic that a client has created (TMF688): the events that clients report to it, and their listeners."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.access.merged_parties import MergedParties
from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import Origin
from app.errors import InvalidField, NotFound, shorten
from app.events.hub.hub import Hub
from app.events.topics.idempotent_create import Write, create_idempotently
from app.events.topics.reports import Reports, new_event_document, reported_change
from app.events.topics.topic_filter import refuse_stranger
from app.resources.lists.filtering import filter_of
from app.resources.lists.pages import ListPage, ListQuery, page_of
from app.resources.resource import Checks
from app.storage.documents.counting import Counting
from app.storage.documents.filters import every
from app.storage.documents.receipts import Key, Receipt, Receipts
from app.storage.event_log.event_queries import EventQueries
from app.storage.hubs.custom_topics import CustomTopicStore

Document = dict[str, Any]


@dataclass(frozen=True)
class CustomTopic:
    """The topic `id` at `url`, with its stored `document` and the `hub` of its listeners.

    `rules` validate a reported event; `reserved` are the types of events of the APIs, which clients may not report. Its
    queries follow the `merged` ids.
    """

    id: str
    url: str
    document: Document
    entries: Reports
    hub: Hub
    queries: EventQueries
    kept: CustomTopicStore
    receipts: Receipts
    rules: Checks
    reserved: Collection[str]
    merged: MergedParties

    @property
    def hub_url(self) -> str:
        """The URL of its listeners."""
        return f"{self.url}/hub"

    @property
    def view(self) -> Document:
        """The Topic as TMF688 shows it."""
        return {"id": self.id, "href": self.url, **self.document}

    async def find(self, query: ListQuery) -> ListPage:
        """The events of a list (TMF630 part 1, filtering, sorting and paging), else in the order of the log."""
        criteria = filter_of(self.entries, query.where)
        return await page_of(self.entries, every([each for each in (self._own, criteria) if each]), self.queries, query)

    async def get(self, id: str) -> Document:
        """The event with this id, also before it is in the log. Raises `NotFound`."""
        waiting = await self.kept.waiting(id)
        if waiting and waiting["topic"] == self.id:
            return self.entries.to_event(id, waiting["document"])
        criteria = every([self._own, {"eventId": {"$eq": id}}])
        items = (await self.queries.find(criteria, 0, 1, counting=Counting.NONE)).items
        if not items:
            raise NotFound(f"There is no event with the id '{shorten(id)}' in the topic {self.id}")
        return self.entries.to_view(items[0].id, items[0].document)

    async def report(self, body: Document, origin: Origin, key: Key | None) -> tuple[Document, bool]:
        """Accept a reported event, idempotently; the event reported under `key` before, if any, and whether one was.

        When it returns, the event is stored durably, and a relay will log it once. Raises `MissingField`,
        `InvalidField`, and `KeyReused`.
        """
        first, repeated = await create_idempotently(self.receipts, key, partial(self._prepare, body, origin))
        return self.entries.to_event(first["id"], first["document"]), repeated

    def _prepare(self, body: Document, origin: Origin) -> tuple[Receipt, Write]:
        self.rules.check(body)
        self._refuse_reserved(body["eventType"])
        id, at = new_id(), dates.now()
        document = new_event_document(self.entries.attributes.with_instants(body), id=id, at=at, origin=origin)
        refuse_stranger(dates.with_text_dates(document), self.document, self.entries.attributes, self.merged)
        change = reported_change(document, id=id, at=at, origin=origin, topic=self.id)
        return {"id": id, "document": document}, partial(self.kept.report, id, change)

    def _refuse_reserved(self, type: str) -> None:
        if type in self.reserved:
            raise InvalidField(f"/eventType {type} tells what happened to a resource here; report another type")

    @property
    def _own(self) -> dict[str, Any]:
        return {"api": self.id}
