# SPDX-License-Identifier: Apache-2.0
"""The events of a topic as a list: how the attributes of an Event (TMF688) map to entries of the log."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from app.domain import dates
from app.domain.events import lower_camel
from app.domain.mapping.reading import Reading
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path
from app.errors import NotSupported, shorten
from app.events.suspicions import bare_entry, is_suspicion
from app.events.topics.event_document import event_view, specimen
from app.resources.resource import Resource

KEPT = {
    "id": "eventId",
    "eventId": "eventId",
    "eventTime": "loggedAt",
    "timeOccurred": "at",
    "eventType": "eventType",
    "@type": "eventType",
    "correlationId": "correlationId",
}
"""The members of an Event that are stored in an entry of the log, with their names there."""

KEPT_ID = "resourceId"
"""The member of an entry with the id of the resource that it is about."""


class Entries:
    """The list at `url` of the events about some `resources`, in one `version`.

    `declared` are the attributes of an Event. `payloads` are the resources, by their member in a payload; `specimens`
    are Events, one of each type.
    """

    root: Path = ()

    def __init__(self, *, url: str, version: str, resources: Mapping[str, Resource], declared: Attribute) -> None:
        self.url = url
        self.payloads = {lower_camel(name): resource for name, resource in resources.items()}
        self.specimens = {
            each.event_type(kind): specimen(each, kind, version)
            for each in resources.values()
            for kind in each.event_kinds
        }
        self.version, self.declared = version, declared
        payload = Attribute("object", False, lambda: {name: each.attributes for name, each in self.payloads.items()})
        self.attributes = Attribute("object", False, lambda: {**declared.members, "event": payload})

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The view of an entry of the log: an Event; without payload for a resource that is served no more."""
        resource = self.payloads.get(lower_camel(document["resource"]))
        if resource is None:
            return self._event(document, None)
        content = bare_entry(document)["document"] if is_suspicion(document) else document.get("document", {})
        shown = resource.to_view(document["resourceId"], content) if "document" in document else None
        document = {**document, "resourceId": resource.shown_id(document["resourceId"])}
        return self._event(document, shown)

    def search_view(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """What an entry is found by in memory: its Event, as JSON, with the whole resource after the change."""
        resource = self.payloads.get(member := lower_camel(entry["resource"]))
        view = self._event(entry, None)
        if resource is None:
            return view
        id = entry["resourceId"]
        identity = {"id": resource.shown_id(id), "href": resource.href(id)}
        has_whole = "document" in entry and not is_suspicion(entry)
        shown = resource.to_view(id, entry["document"]) if has_whole else identity
        return {**view, "event": {member: dates.with_text_dates(shown)}}

    def version_text(self, path: Path, text: str) -> str:
        """The spelling, in `search_view`, of the `text` of a filter on the shown `path`."""
        return self.payloads[path[1]].version_text(path[2:], text) if path[0] == "event" and len(path) > 2 else text

    def is_in_payload(self, path: Path) -> bool:
        """Whether only the payload of an entry has the value at a shown, declared path."""
        return path[0] == "event" and len(path) > 2 and self.place(path) != (KEPT_ID,)

    def _event(self, entry: Mapping[str, Any], shown: dict[str, Any] | None) -> dict[str, Any]:
        return event_view(entry, f"{self.url}/{quote(entry['eventId'], safe='')}", self.version, shown)

    def place(self, path: Path) -> Path:
        """The path in an entry of the attribute at a shown path. Raises `NotSupported` for one that is not stored."""
        if path[0] == "event":
            return self._place_in_payload(path[1:])
        if path == ("href",):
            return (KEPT["id"],)
        if path[0] in KEPT:
            return (KEPT[path[0]],)
        message = f"'{shorten('.'.join(path), 60)}' is not kept in the event log"
        raise NotSupported(f"{message}; use {', '.join(KEPT)} or 'event.<resource>.<attribute>'")

    def readings(self, path: Path) -> list[Reading]:
        """The places in an entry where the value at a shown path may be; empty when it is always at its `place`."""
        return self.payloads[path[1]].readings(path[2:]) if path[0] == "event" and len(path) > 2 else []

    def id_extractor(self, path: Path) -> Callable[[str], str | None] | None:
        """The function from a URL, at the shown `path`, to the id of event or resource; None for other paths."""
        match path:
            case ("href",):
                return self._id_in
            case ("event", member, "href"):
                return self.payloads[member].id_in
            case _:
                return None

    def state(self, path: Path) -> None:
        """None: an entry has no state in lower case."""

    def stored_text(self, path: Path, text: str) -> str:
        """The stored spelling of the `text` of a filter on the shown `path`."""
        return self.payloads[path[1]].stored_text(path[2:], text) if path[0] == "event" and len(path) > 2 else text

    def _place_in_payload(self, path: Path) -> Path:
        match path:
            case (member, *within) if within:
                place = self.payloads[member].place(tuple(within))
                return (KEPT_ID,) if place == ("_id",) else place
            case _:
                return ("document",)

    def _id_in(self, href: str) -> str | None:
        collection, _, last = href.rpartition("/")
        return unquote(last) if collection == self.url and last else None
