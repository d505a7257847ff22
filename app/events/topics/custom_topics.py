# SPDX-License-Identifier: Apache-2.0
"""Topics that clients create (TMF688, `LIAISON_OPEN_TOPICS`): create, find and delete."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from app.access.merged_parties import MergedParties
from app.domain import dates
from app.domain.events import change
from app.domain.identifiers import new_id
from app.domain.origin import Origin
from app.domain.query.attributes import Attribute
from app.errors import Conflict, shorten
from app.events.hub.hub import Hub
from app.events.topics.custom_topic import CustomTopic
from app.events.topics.idempotent_create import Write, create_idempotently
from app.events.topics.reports import Reports, with_defaults
from app.events.topics.topic_filter import check_queries
from app.resources.resource import Checks
from app.storage.documents.receipts import Key, Receipt, Receipts
from app.storage.event_log.event_queries import EventQueries
from app.storage.hubs.custom_topics import TOPIC, CustomTopicStore

Document = dict[str, Any]


class CustomTopics:
    """The topics of clients, in the list at `url`. `hub` makes the hub of a topic from the topic's id and its URL.

    `rules` validate a body that creates a topic, `event_rules` one that reports an event. `event` are the declared
    attributes of an Event. `taken` are the names of the topics of APIs, and `reserved` the types of their events.
    """

    def __init__(
        self,
        *,
        url: str,
        kept: CustomTopicStore,
        receipts: Receipts,
        queries: EventQueries,
        hub: Callable[..., Hub],
        rules: Checks,
        event_rules: Checks,
        event: Attribute,
        taken: Collection[str],
        reserved: Collection[str],
        merged: MergedParties,
    ) -> None:
        self._url = url
        self._kept = kept
        self._receipts = receipts
        self._queries = queries
        self._hub = hub
        self._rules = rules
        self._event_rules = event_rules
        self._event = event
        self._taken = taken
        self._reserved = reserved
        self._merged = merged

    async def all(self) -> list[CustomTopic]:
        """All topics, in the order of creation."""
        return [self._to_topic(id, document) for id, document in (await self._kept.all()).items()]

    async def find(self, id: str) -> CustomTopic | None:
        """The topic with this id, None when there is none."""
        document = await self._kept.find(id)
        return None if document is None else self._to_topic(id, document)

    async def create(self, body: Document, origin: Origin, key: Key | None) -> tuple[CustomTopic, bool]:
        """Create a topic, idempotently: the topic created under `key` before, if any, and whether there was one.

        Raises `MissingField`, `InvalidField`, `InvalidQuery` for a query that no event can satisfy, `Conflict` for a
        name that another topic has, and `KeyReused`.
        """
        first, repeated = await create_idempotently(self._receipts, key, partial(self._prepare, body, origin))
        return self._to_topic(first["id"], first["document"]), repeated

    async def delete(self, id: str, origin: Origin) -> None:
        """Delete a topic and the registrations of its listeners. Raises `NotFound`."""
        await self._kept.delete(id, lambda document: _change(2, origin, before=document, after=None))

    def to_view(self, id: str, document: Document) -> Document:
        """The view of the topic `id` with this stored `document`; it may be deleted by now."""
        return self._to_topic(id, document).view

    def _to_topic(self, id: str, document: Document) -> CustomTopic:
        url = f"{self._url}/{id}"
        return CustomTopic(
            id=id,
            url=url,
            document=document,
            entries=Reports(f"{url}/event", self._event),
            hub=self._hub(api=id, url=f"{url}/hub"),
            queries=self._queries,
            kept=self._kept,
            receipts=self._receipts,
            rules=self._event_rules,
            reserved=self._reserved,
            merged=self._merged,
        )

    def _prepare(self, body: Document, origin: Origin) -> tuple[Receipt, Write]:
        self._rules.check(body)
        check_queries(body, self._event)
        if body["name"] in self._taken:
            raise Conflict(f"'{shorten(body['name'], 60)}' is the topic of an API; choose another name")
        id, document = new_id(), with_defaults(body, {"@type": TOPIC})
        announced = _change(1, origin, before=None, after=document)
        return {"id": id, "document": document}, partial(self._kept.create, id, document, announced)


def _change(revision: int, origin: Origin, *, before: Document | None, after: Document | None) -> Any:
    """A pending change, which waits in a tombstone rather than in the topic's row, so it has the document in it."""
    announced = change(revision=revision, at=dates.now(), origin=origin, before=before, after=after, state_field=None)
    return announced and {**announced, "document": after or before}
