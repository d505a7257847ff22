# SPDX-License-Identifier: Apache-2.0
"""Rows: how a document is laid out in the database, with the changes of it that wait for the relay (outbox)."""

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import datetime
from typing import Any, NamedTuple

from bson import CodecOptions, decode, encode
from bson.raw_bson import RawBSONDocument

from app.domain.events import DELETE
from app.domain.json_values import unlike
from app.storage.documents.bounds import LARGEST, SELDOM, SMALL, require_entry, require_row

Change = Mapping[str, Any]

OMISSION = "omission"
"""The member of a change, and of its entries in the log, that says why they have no payload. It never had one there."""


def complete_change(change: Change, replaced: Set[str], before: Mapping[str, Any]) -> Change:
    """`change` with the former values of all the members that it `replaced` in the document `before`.

    Those that its events leave out, such as the time of the change, go `beside` them.
    """
    event_members = {name for event in change["events"] for name in event["changed"]}
    untold = sorted(replaced - event_members)
    if not untold or OMISSION in change:
        return change
    old = {name: before[name] for name in untold if name in before}
    return {**change, "beside": {"changed": untold, "before": old}}


def waiting(row: Mapping[str, Any]) -> list[Change]:
    """The changes that wait in a row for the relay, oldest first, each with the `document` that it left or took away.

    The last of them has that of the row, as it is: bytes stay bytes.
    """
    changes: list[Change] = []
    for change in reversed(row.get("pending", ())):
        # Servers of an earlier release keep each document with its change.
        if "document" not in change and OMISSION not in change:
            change = {**change, "document": _document_before(changes[-1]) if changes else row["document"]}
        changes.append(change)
    return changes[::-1]


def without_payload(change: Change) -> Change:
    """A change that tells only that it was: for a document that is too large to be kept with it.

    No other change may wait in the row: what that left would follow from this one.
    """
    bare = {name: value for name, value in change.items() if name != "document"}
    events = [{**event, "before": {}} for event in change["events"]]
    omission = f"the resource was too large for an entry of the event log, which takes {LARGEST} bytes"
    return {**bare, "events": events, OMISSION: omission}


def is_deletion(change: Change) -> bool:
    """Whether it left no document."""
    return any(event["kind"] == DELETE for event in change["events"])


def _document_before(change: Change) -> Mapping[str, Any]:
    """The document that a change found, which it replaced or took away."""
    document: Mapping[str, Any] = change["document"]
    if is_deletion(change):
        return document
    parts = [*change["events"], *([change["beside"]] if "beside" in change else ())]
    names = {name for part in parts for name in part["changed"]}
    before = {name: value for part in parts for name, value in part["before"].items()}
    return {**{name: value for name, value in document.items() if name not in names}, **before}


Document = dict[str, Any]

_ENVELOPE = ("revision", "changed")
NAIVE: CodecOptions[Document] = CodecOptions(tz_aware=False)
"""Decodes date-times, which are UTC, without a zone."""

UNDECODED = CodecOptions(RawBSONDocument, tz_aware=False)
"""Leaves documents bytes until somebody looks into them."""

NEVER = {"$setOnInsert": {"_id": ""}}
"""Makes an upsert fail where it would insert: an `_id` is not changed."""

MOST_NAMED = 100
"""Members that are written one by one: the database looks for each among all others, so more go with the whole."""


STATUS = "status"
"""The attribute that holds the state, unless a lifecycle names another."""

STATE = "state"
"""Where a row has the state of its document in lower case; what it means does not depend on the lifecycle."""


class StoredDocument(NamedTuple):
    """A document of a collection: in the stored (v5) shape, without `id` and `href`; `changed` is its last write.

    Whoever is given one leaves it as it is: others who asked for the same document may have been given it, too.
    """

    id: str
    revision: int
    document: Document
    changed: datetime


class Item(NamedTuple):
    """What a list has of a document: its id, what is `kept` of it, and which `edition` that is, if it is all of it."""

    id: str
    kept: Document | RawBSONDocument
    edition: tuple[int, datetime] | None = None

    @property
    def document(self) -> Document:
        """The document in the stored (v5) shape; its date-times are UTC, without a zone."""
        return decode_document(self.kept)


def new_row(id: str, document: Document, change: Change, state_field: str = STATUS) -> RawBSONDocument:
    """The row of a new document with the change that announces it. Raises `PayloadTooLarge`."""
    at: datetime = change["at"]
    row = {"_id": id, "revision": 1, "created": at, "changed": at, "document": document, "pending": [change]}
    if state_field and isinstance(text := document.get(state_field), str):
        row[STATE] = text.lower()
    encoded = encode(row)
    require_row(encoded, document)
    return RawBSONDocument(encoded)


def alteration(before: Document, after: Document, change: Change, state_field: str = STATUS) -> Mapping[str, Any]:
    """What a row with the document `before` is told so that it holds `after`, and announces that with `change`.

    Only what is not the very same object in both is written. It is for an upsert, which fails where it would insert.
    Raises `PayloadTooLarge`.
    """
    names = unlike(before, after)
    pending = complete_change(change, names, before)
    update = {"$push": {"pending": pending}, **_rewriting(names, after, change, state_field), **NEVER}
    # The driver encodes it again: for the little that most patches change that is quicker than to wrap what is encoded.
    if is_measured(encode(update), change["revision"]):
        require_entry(pending, before, after)
    return update


def stored_of(row: Mapping[str, Any]) -> StoredDocument:
    """What is kept in a row, or in the part of it that was read."""
    return StoredDocument(row["_id"], row["revision"], row.get("document", {}), row["changed"])


def list_item(row: Mapping[str, Any]) -> Item:
    """What a list has of a row, all of which was read if that tells its edition."""
    members = dict(row.items())  # Of a row that is still bytes, each look costs as much as this.
    edition = (members["revision"], members["changed"]) if "revision" in members else None
    return Item(members["_id"], members.get("document", {}), edition)


def decode_document(document: Document | RawBSONDocument) -> Document:
    """The document, if it is still bytes; date-times without a zone spare a third of the decoding."""
    return decode(document.raw, NAIVE) if isinstance(document, RawBSONDocument) else document


def id_filter(ids: Iterable[str]) -> dict[str, Any]:
    """The filter on the documents with these ids."""
    return {"_id": {"$in": list(ids)}}


def projection(attributes: Collection[str] | None) -> dict[str, int]:
    """What is read of each envelope: revision, last change, and these first-level attributes (None for all)."""
    return dict.fromkeys((*_ENVELOPE, *document_paths(attributes)), 1)


def document_paths(attributes: Collection[str] | None) -> list[str]:
    return ["document"] if attributes is None else [f"document.{name}" for name in attributes]


def as_seen(seen: StoredDocument) -> dict[str, Any]:
    """The filter on a row while it is as it was `seen`. The successor of an id counts revisions from 1 again."""
    return {"_id": seen.id, "revision": seen.revision, "changed": seen.changed}


def is_measured(update: bytes, revision: int) -> bool:
    """Whether it is looked at how large a document is after an `update`, by which it gets this `revision`."""
    return len(update) > SMALL or revision % SELDOM == 0


def _rewriting(names: Set[str], after: Document, change: Change, state_field: str) -> dict[str, Any]:
    head = {"revision": change["revision"], "changed": change["at"]}
    if state_field and state_field in names and isinstance(text := after.get(state_field), str):
        head[STATE] = text.lower()
    if len(names) > MOST_NAMED or not all(map(_is_plain, names)):
        return {"$set": {"document": after, **head}}
    written = {f"document.{name}": after[name] for name in names if name in after}
    gone = {f"document.{name}": True for name in names if name not in after}
    return {"$set": {**written, **head}, **({"$unset": gone} if gone else {})}


def _is_plain(name: str) -> bool:
    """Whether the database takes a dotted path that ends with `name` for the member of that name."""
    return bool(name) and "." not in name
