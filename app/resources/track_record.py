# SPDX-License-Identifier: Apache-2.0
"""The track record of a resource: who changed what of it, when, and on which channel, as one version shows it."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain import dates
from app.domain.events import CREATE, DELETE
from app.domain.json_values import ABSENT, equal, unlike
from app.domain.mapping.residue import PRIVATE
from app.domain.query.paths import values_at
from app.domain.query.predicates import Path
from app.resources.resource import Document, Resource, Visible
from app.spec.track_records import CHANGE
from app.storage.documents.changes import Changes, StoredChange

WORDS = {CREATE: "create", DELETE: "delete"}
"""What a change is, by the kind of its event; any other is a change of attributes."""

_ADDRESS = frozenset({"id", "href"})


class TrackRecord:
    """The track record of the resources of one kind, in the version of `resource`."""

    def __init__(self, resource: Resource, changes: Changes) -> None:
        self._resource = resource
        self._changes = changes

    async def of(self, id: str, seen: Resource, visible: Visible | None) -> list[Document]:
        """The changes of the resource with this id, the first one first, as far as they are seen.

        `seen` is the resource without what is hidden. With `visible`, only states for which it holds are: a change to
        or from any other is told by the side that is seen, and not who made it, as that may be somebody else.
        """
        shown = [self._view(id, each, seen, visible) async for each in self._changes.of(id)]
        return [each for each in shown if each is not None]

    def _view(self, id: str, change: StoredChange, seen: Resource, visible: Visible | None) -> Document | None:
        if not change.known:
            return None if visible else self._unknown(change, seen)
        before, after = (
            None if side is None or (visible and not visible(id, side)) else seen.to_view(id, side)
            for side in (change.before, change.after)
        )
        # What a principal sees go out of its sight has not changed for it: it is not there any more.
        if after is None and (before is None or change.kind != DELETE):
            return None
        changed = list(_attribute_changes(before or {}, after or {}))
        if not changed:
            return None
        channels = list(_channels(after if after is not None else before or {}, self._resource.track_record or ()))
        return {**_head(change, who=visible is None), **({"channel": channels} if channels else {}), "changed": changed}

    def _unknown(self, change: StoredChange, seen: Resource) -> Document | None:
        """A change of which the log has no values (any more): only what was changed, and why there is no more."""
        names = self._names(change) & seen.plain_names
        if not names:
            return None
        why = change.omission or "the values are past the retention of the event log"
        if change.dropped:
            why = f"{why}, since {dates.text(change.dropped)}"
        attributes = [{"attribute": name} for name in sorted(names)]
        return {**_head(change, who=True), "changed": attributes, "omission": why}

    def _names(self, change: StoredChange) -> set[str]:
        """The names in this version of what was changed."""
        view = self._resource.view
        by_stored: dict[str, set[str]] = {}
        for name in self._resource.attributes.members:
            by_stored.setdefault(view.path((name,))[0], set()).add(name)
        named = (by_stored.get(stored, {stored}) for stored in change.changed - PRIVATE)
        return {name for names in named for name in names}


def _head(change: StoredChange, *, who: bool) -> Document:
    told = {
        "id": change.event_id,
        "@type": CHANGE,
        "changeType": WORDS.get(change.kind, "change"),
        "date": change.at,
        "actor": change.actor if who else None,
        "client": change.client if who else None,
        "correlationId": change.correlation_id,
    }
    return {name: value for name, value in told.items() if value is not None}


def _attribute_changes(before: Document, after: Document) -> Iterator[Document]:
    """What differs between two views."""
    for name in sorted(unlike(before, after) - _ADDRESS):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if not equal(old, new):
            sides = {side: value for side, value in (("from", old), ("to", new)) if value is not ABSENT}
            yield {"attribute": name, **sides}


def _channels(view: Mapping[str, Any], path: Path) -> Iterator[Document]:
    """The channels that a view names, each once."""
    met = set[str]()
    for value in values_at(view, path) if path else ():
        for each in value if isinstance(value, list) else [value]:
            id = each.get("id") if isinstance(each, Mapping) else None
            if isinstance(id, str) and id not in met:
                met.add(id)
                yield {"id": id, **({"name": each["name"]} if isinstance(each.get("name"), str) else {})}
