# SPDX-License-Identifier: Apache-2.0
"""Rows: the layout of a document in MongoDB, with its pending changes, which wait for the relay (outbox pattern)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bson import CodecOptions, decode, encode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, IndexModel

from app.domain.events import DELETE
from app.domain.json_values import unlike
from app.domain.unique_identifiers import UniqueIdentifiers
from app.storage.documents.bounds import LARGEST, SELDOM, SMALL, require_entry, require_row

Change = Mapping[str, Any]

OMISSION = "omission"
"""The member of a change, and of its entries in the log, with the reason why they were stored without payload."""


def complete_change(change: Change, replaced: Set[str], before: Mapping[str, Any]) -> Change:
    """`change` with the former values of all the members that it `replaced` in the document `before`.

    Members that its events leave out, such as the time of the change, go into its part `beside`.
    """
    event_members = {name for event in change["events"] for name in event["changed"]}
    untold = sorted(replaced - event_members)
    if not untold or OMISSION in change:
        return change
    old = {name: before[name] for name in untold if name in before}
    return {**change, "beside": {"changed": untold, "before": old}}


def waiting(row: Mapping[str, Any]) -> list[Change]:
    """The pending changes of a row, oldest first, each with the `document` after it; a deletion has the one before it.

    The last change has the document of the row, which is not decoded.
    """
    changes: list[Change] = []
    for change in reversed(row.get("pending", ())):
        # Servers of release 0.1 store the document with each change.
        if "document" not in change and OMISSION not in change:
            change = {**change, "document": document_before(changes[-1]) if changes else row["document"]}
        changes.append(change)
    return changes[::-1]


def without_payload(change: Change) -> Change:
    """A change without documents and former values, for a document that is too large for an entry of the log.

    The row may have no other pending change: the document after that would be computed from this change.
    """
    bare = {name: value for name, value in change.items() if name != "document"}
    events = [{**event, "before": {}} for event in change["events"]]
    omission = f"the resource was too large for an entry of the event log, which takes {LARGEST} bytes"
    return {**bare, "events": events, OMISSION: omission}


def is_deletion(change: Change) -> bool:
    """Whether the change is a deletion."""
    return any(event["kind"] == DELETE for event in change["events"])


def document_before(change: Change) -> Mapping[str, Any]:
    """The document before a change."""
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
"""Decodes date-times as naive ones, in UTC."""

UNDECODED = CodecOptions(RawBSONDocument, tz_aware=False)
"""Decodes documents late (raw BSON), when a member is read."""

NEVER = {"$setOnInsert": {"_id": ""}}
"""Makes an upsert fail where it would insert, as an `_id` cannot be set to another value."""

MOST_NAMED = 100
"""Members that an update sets one by one at most; for more the whole document is faster."""


STATUS = "status"
"""The attribute that holds the state, unless a lifecycle names another."""

STATE = "state"
"""The member of a row with the state of its document in lower case, whatever the lifecycle makes of it."""


UNIQUE = "unique"
"""The member of a row with the keys of its unique identifiers: no two rows of a collection share one."""

NOTICE = "notice"
"""The member of a row with the next instant at which somebody is to be told of a promise; absent where nobody is."""

NOTICE_INDEX = IndexModel([(NOTICE, ASCENDING)], name="notice", sparse=True)
"""Finds the rows of which somebody is to be told; it is there where promises are made."""

NOTICED = frozenset({"promise", "policy"})
"""The attributes on which that instant depends."""

FACTS = "facts"
"""The member of a row with the packed facts of its document, for reports; it is there where reports are."""

FACT_INDEXES = [
    IndexModel([(f"{FACTS}.{part}", ASCENDING) for part in parts], name=name, sparse=True)
    for name, parts in (("facts", ("at", "end", "of")), ("factsBySpan", ("span", "at", "end", "of")))
]
"""Cover what reports read: facts by the instant of the create, also of those alone that lasted about as long."""

NO_KEYS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DerivedMembers:
    """What rows have beside their document, made of it, for indexes: the state, the keys of unique identifiers, when
    somebody is to be told (`notice` computes it of a document), and what reports count (`facts` does)."""

    state_field: str = STATUS
    unique: UniqueIdentifiers = UniqueIdentifiers()  # noqa: RUF009 - it is frozen
    notice: Callable[[Mapping[str, Any]], datetime | None] | None = None
    facts: Callable[[Mapping[str, Any]], dict[str, Any] | None] | None = None


PLAIN = DerivedMembers()


class StoredDocument(NamedTuple):
    """A stored document: in the shape of the newest version, without `id` and `href`; `changed` is its last write.

    It must not be changed: concurrent requests for the same document share it.
    """

    id: str
    revision: int
    document: Document
    changed: datetime


class Item(NamedTuple):
    """A document in a list: its id, the stored part that was read (`kept`), and its revision if that is all of it."""

    id: str
    kept: Document | RawBSONDocument
    edition: tuple[int, datetime] | None = None

    @property
    def document(self) -> Document:
        """The document in the stored (v5) shape; its date-times are UTC, without a zone."""
        return decode_document(self.kept)


def new_row(
    id: str,
    document: Document,
    change: Change,
    derived: DerivedMembers = PLAIN,
    shared: Set[str] = NO_KEYS,
    beside: Mapping[str, Any] | None = None,
) -> RawBSONDocument:
    """The row of a new document with the change that announces it, and other members `beside`, such as what it waits
    for. Raises `PayloadTooLarge`.

    Keys that are `shared` with another row it does without.
    """
    at: datetime = change["at"]
    row = {"_id": id, "revision": 1, "created": at, "changed": at, "document": document, "pending": [change]}
    if derived.state_field and isinstance(text := document.get(derived.state_field), str):
        row[STATE] = text.lower()
    if derived.unique and (keys := _own_keys(derived, document, shared)):
        row[UNIQUE] = keys
    if derived.notice and (notice := derived.notice(document)):
        row[NOTICE] = notice
    if derived.facts and (facts := derived.facts(document)):
        row[FACTS] = facts
    if beside:
        row.update(beside)
    encoded = encode(row)
    require_row(encoded, document)
    return RawBSONDocument(encoded)


def alteration(
    before: Document, after: Document, change: Change, derived: DerivedMembers = PLAIN, shared: Set[str] = NO_KEYS
) -> Mapping[str, Any]:
    """The update by which a row with the document `before` has `after`, and the pending `change` that announces it.

    Only members that are not identical (`is`) in both are written. For an upsert, which fails where it would insert.
    Keys that are `shared` with another row it does without. Raises `PayloadTooLarge`.
    """
    names = unlike(before, after)
    pending = complete_change(change, names, before)
    update: dict[str, Any] = {"$push": {"pending": pending}, **_rewriting(names, after, change, derived), **NEVER}
    if not names.isdisjoint(derived.unique.attributes):
        keys = _own_keys(derived, after, shared)
        if shared or keys != derived.unique.keys(before):
            verb, value = ("$set", keys) if keys else ("$unset", True)
            update[verb] = {**update.get(verb, {}), UNIQUE: value}
    if derived.notice and not names.isdisjoint(NOTICED):
        notice = derived.notice(after)
        verb = "$set" if notice else "$unset"
        update[verb] = {**update.get(verb, {}), NOTICE: notice or True}
    if derived.facts and (facts := derived.facts(after)) != derived.facts(before):
        verb = "$set" if facts else "$unset"
        update[verb] = {**update.get(verb, {}), FACTS: facts or True}
    # The driver encodes the update again: as most are small, that is faster than wrapping the encoded bytes.
    if is_measured(encode(update), change["revision"]):
        require_entry(pending, before, after)
    return update


def stored_of(row: Mapping[str, Any]) -> StoredDocument:
    """The stored document of a row, or of the part of the row that was read."""
    return StoredDocument(row["_id"], row["revision"], row.get("document", {}), row["changed"])


def list_item(row: Mapping[str, Any]) -> Item:
    """The item of a row in a list; all of the document was read if the row has its revision."""
    members = dict(row.items())  # Of a row in raw BSON, each access costs as much as this.
    edition = (members["revision"], members["changed"]) if "revision" in members else None
    return Item(members["_id"], members.get("document", {}), edition)


def decode_document(document: Document | RawBSONDocument) -> Document:
    """The document, decoded if it is raw BSON; naive date-times save a third of the time."""
    return decode(document.raw, NAIVE) if isinstance(document, RawBSONDocument) else document


def id_filter(ids: Iterable[str]) -> dict[str, Any]:
    """The filter on the documents with these ids."""
    return {"_id": {"$in": list(ids)}}


def projection(attributes: Collection[str] | None) -> dict[str, int]:
    """The projection of a row: revision, last change, and these first-level attributes (None for all)."""
    return dict.fromkeys((*_ENVELOPE, *document_paths(attributes)), 1)


def document_paths(attributes: Collection[str] | None) -> list[str]:
    return ["document"] if attributes is None else [f"document.{name}" for name in attributes]


def as_seen(seen: StoredDocument) -> dict[str, Any]:
    """The filter on a row while it is as `seen`; with the time, as a later document of its id counts from 1 again."""
    return {"_id": seen.id, "revision": seen.revision, "changed": seen.changed}


def is_measured(update: bytes, revision: int) -> bool:
    """Whether the size of a document is measured after an `update` that makes it this `revision`."""
    return len(update) > SMALL or revision % SELDOM == 0


def _own_keys(derived: DerivedMembers, document: Document, shared: Set[str]) -> list[str]:
    return [key for key in derived.unique.keys(document) if key not in shared]


def _rewriting(names: Set[str], after: Document, change: Change, derived: DerivedMembers) -> dict[str, Any]:
    head = {"revision": change["revision"], "changed": change["at"]}
    state_field = derived.state_field
    if state_field and state_field in names and isinstance(text := after.get(state_field), str):
        head[STATE] = text.lower()
    if len(names) > MOST_NAMED or not all(map(_is_plain, names)):
        return {"$set": {"document": after, **head}}
    written = {f"document.{name}": after[name] for name in names if name in after}
    gone = {f"document.{name}": True for name in names if name not in after}
    return {"$set": {**written, **head}, **({"$unset": gone} if gone else {})}


def _is_plain(name: str) -> bool:
    """Whether `name` can be the last part of a dotted path of MongoDB."""
    return bool(name) and "." not in name
