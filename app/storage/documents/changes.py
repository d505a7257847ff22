# SPDX-License-Identifier: Apache-2.0
"""The changes of one document, from the first to the last: those in the event log, and those that wait for it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING

from app.domain.events import CREATE, DELETE
from app.storage.documents.history import ChangeSources
from app.storage.documents.rows import OMISSION, waiting
from app.storage.event_log.chain import DROPPED
from app.storage.mongod.failures import as_tmf_errors
from app.storage.sealing.sealed_payloads import open_each

Event = Mapping[str, Any]
Document = dict[str, Any]


class StoredChange(NamedTuple):
    """A change of a document at the instant `at`: what it was `before`, and what `after`, None where it was not there.

    `known` is False where the log has the names of what `changed` alone: `omission` says why, or `dropped` when
    retention took the rest.
    """

    event_id: str
    kind: str
    at: datetime
    actor: str | None
    client: str | None
    correlation_id: str | None
    changed: frozenset[str]
    before: Document | None
    after: Document | None
    known: bool = True
    omission: str = ""
    dropped: datetime | None = None


class Changes(ChangeSources):
    """The changes of the documents of one resource."""

    async def of(self, id: str) -> AsyncIterator[StoredChange]:
        """The changes of the document `id`, and of earlier ones of this id, in their order.

        Row, tombstone and log are read in this order, as changes move from the first to the last: so none is missed.
        """
        with as_tmf_errors():
            present = await self._documents.find_one({"_id": {"$eq": id}}, max_time_ms=self._timeout)
            about = {"_id": f"{self._resource}/{id}", "resource": self._resource, "id": id}
            departed = await self._departed.find_one(about, max_time_ms=self._timeout)
            unlogged = [event for row in (departed, present) for event in _events(row)]
            group: list[Event] = []
            async for event in self._in_order(id, unlogged):
                if group and not _are_one(group[0], event):
                    yield _change(group)
                    group = []
                group.append(event)
            if group:
                yield _change(group)

    async def _in_order(self, id: str, unlogged: Sequence[Event]) -> AsyncIterator[Event]:
        """The events in the log, and behind them those of the unlogged ones that are not there by now."""
        logged = set[str]()
        async for event in self._log_entries(id):
            logged.add(event["eventId"])
            yield event
        for each in unlogged:
            if each["eventId"] not in logged:
                yield each

    def _log_entries(self, id: str) -> AsyncIterator[dict[str, Any]]:
        about = {"resource": self._resource, "resourceId": {"$eq": id}}
        found = self._log.find(about, sort=[("_id", ASCENDING)], max_time_ms=self._timeout)
        return open_each(aiter(found), self._payloads)


def _events(row: Mapping[str, Any] | None) -> list[Event]:
    """The events of the changes that wait in a row, as entries of the log have them."""
    return [
        {**{name: value for name, value in change.items() if name != "events"}, **event, "eventId": event["id"]}
        for change in waiting(row or {})
        for event in change["events"]
    ]


def _are_one(one: Event, other: Event) -> bool:
    """Whether two events tell of the same change."""
    return (one["revision"], one["at"]) == (other["revision"], other["at"])


def _change(events: list[Event]) -> StoredChange:
    first = events[0]
    kind, after = first["kind"], first.get("document")
    changed = frozenset(name for event in events for name in event["changed"])
    known = all("document" in event and OMISSION not in event for event in events)
    reasons = [str(event[OMISSION]) for event in events if OMISSION in event]
    change = StoredChange(
        event_id=first["eventId"],
        kind=kind,
        at=first["at"],
        actor=first.get("actor"),
        client=first.get("client"),
        correlation_id=first.get("correlationId"),
        changed=changed,
        before=None,
        after=None,
        known=known,
        omission=reasons[0] if reasons else "",
        dropped=next((event[DROPPED] for event in events if DROPPED in event), None),
    )
    if not known or after is None:
        return change
    if kind == DELETE:
        return change._replace(before=dict(after))
    if kind == CREATE:
        return change._replace(after=dict(after))
    same = {name: value for name, value in after.items() if name not in changed}
    old = {name: value for event in events for name, value in event.get("before", {}).items()}
    return change._replace(before={**same, **old}, after=dict(after))
