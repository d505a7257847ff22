# SPDX-License-Identifier: Apache-2.0
"""Reported events (TMF688): the stored document, the change by which it is logged, and the list of a topic."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from app.domain.events import CREATE
from app.domain.mapping.reading import Reading
from app.domain.origin import Origin
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path
from app.events.notification import reported_head

Document = dict[str, Any]

KEPT = {"id": "eventId", "href": "eventId", "eventType": "eventType"}
"""The members of a reported Event that are members of the entry itself, with their names there."""

NOT_CHOSEN = ("id", "href")
"""The members that the server sets."""


def with_defaults(members: Mapping[str, Any], defaults: Mapping[str, Any]) -> Document:
    """The `members` that a client sent, with `defaults` for those that it left out or blank."""
    chosen = {name: value for name, value in members.items() if name not in NOT_CHOSEN}
    blank = {name for name, value in chosen.items() if isinstance(value, str) and not value.strip()}
    return {**chosen, **{name: value for name, value in defaults.items() if name in blank or name not in chosen}}


def new_event_document(members: Mapping[str, Any], *, id: str, at: datetime, origin: Origin) -> Document:
    """The document of an event, reported `at` this moment; `members` has date-times as instants."""
    tied = {"correlationId": origin.correlation_id} if origin.correlation_id else {}
    defaults = {"eventId": id, "eventTime": at, "timeOccurred": members.get("eventTime", at), **tied}
    return with_defaults(members, {**defaults, "@type": members["eventType"], "@baseType": "Event"})


def reported_change(document: Document, *, id: str, at: datetime, origin: Origin, topic: str) -> dict[str, Any]:
    """The pending change by which the reported event `id` of a `topic` is logged, with the client's own type."""
    event = {"id": id, "kind": CREATE, "type": document["eventType"], "changed": sorted(document), "before": {}}
    return {
        "revision": 1,
        "at": at,
        "correlationId": origin.correlation_id,
        "actor": origin.actor,
        **({"client": origin.client} if origin.client is not None else {}),
        "topic": topic,
        "document": document,
        "events": [event],
    }


class Reports:
    """The list at `url` of the events reported to one topic; `attributes` are those of an Event."""

    root: Path = ()

    def __init__(self, url: str, attributes: Attribute) -> None:
        self.url = url
        self.attributes = attributes

    def href(self, id: str) -> str:
        """The URL of the event with this id."""
        return f"{self.url}/{quote(id, safe='')}"

    def to_event(self, id: str, document: Document) -> Document:
        """The Event with this id."""
        return {"id": id, "href": self.href(id), **document}

    def to_view(self, id: str, document: Document) -> Document:
        """The view of an entry of the log: an Event, without payload once retention has dropped it."""
        return self.to_event(document["eventId"], document.get("document") or reported_head(document))

    def place(self, path: Path) -> Path:
        """The path in an entry of the attribute at a shown path."""
        return (KEPT[path[0]],) if path[0] in KEPT else ("document", *path)

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """The function from the URL of an event, at the shown `path`, to its id; None for other paths."""
        return self._id_in if path == ("href",) else None

    def state(self, path: Path) -> None:
        """None: reported events have no states."""

    def readings(self, path: Path) -> list[Reading]:
        """Empty: reported events are stored as they are shown."""
        return []

    def stored_text(self, path: Path, text: str) -> str:
        """The `text` of a filter itself, as it is stored as clients write it."""
        return text

    def _id_in(self, href: str) -> str | None:
        collection, _, last = href.rpartition("/")
        return unquote(last) if collection == self.url and last else None
