"""The row that a resource is kept in: its document, how often and when that was written, and its pending changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bson import CodecOptions, decode, encode
from bson.raw_bson import RawBSONDocument

from app.storage.failures import too_large

Document = dict[str, Any]
Change = Mapping[str, Any]

NAIVE: CodecOptions[Document] = CodecOptions(tz_aware=False)
"""Decodes date-times, which are UTC, without a zone."""

UNDECODED = CodecOptions(RawBSONDocument, tz_aware=False)
"""Leaves documents bytes until somebody looks into them."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a row that MongoDB takes at most."""


@dataclass(frozen=True)
class Stored:
    """A document as it is kept: in the stored (v5) shape, without `id` and `href`; `changed` is its last write.

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
        return decoded(self.kept)


def new_row(id: str, document: Document, change: Change) -> RawBSONDocument:
    """The row of a new document with the change that announces it. Raises `PayloadTooLarge`."""
    at: datetime = change["at"]
    kept, announced = _encoded(document, change)
    row = {"_id": id, "revision": 1, "created": at, "changed": at, "document": kept, "pending": [announced]}
    return _fitting(RawBSONDocument(encode(row)))


def alteration(document: Document, change: Change) -> Mapping[str, Any]:
    """What a row is told so that it holds `document`, and announces it with `change`. Raises `PayloadTooLarge`."""
    kept, announced = _encoded(document, change)
    _fitting(announced)
    return {
        "$set": {"document": kept, "revision": change["revision"], "changed": change["at"]},
        "$push": {"pending": announced},
    }


def stored(row: Mapping[str, Any]) -> Stored:
    """What is kept in a row, or in the part of it that was read."""
    return Stored(row["_id"], row["revision"], row.get("document", {}), row["changed"])


def listed(row: Mapping[str, Any]) -> Item:
    """What a list has of a row, all of which was read if that tells its edition."""
    edition = (row["revision"], row["changed"]) if "revision" in row else None
    return Item(row["_id"], row.get("document", {}), edition)


def decoded(document: Document | RawBSONDocument) -> Document:
    """The document, if it is still bytes; date-times without a zone spare a third of the decoding."""
    return decode(document.raw, NAIVE) if isinstance(document, RawBSONDocument) else document


def as_seen(seen: Stored) -> dict[str, Any]:
    """The filter on a row while it is as it was `seen`. The successor of an id counts revisions from 1 again."""
    return {"_id": seen.id, "revision": seen.revision, "changed": seen.changed}


def _encoded(document: Document, change: Change) -> tuple[RawBSONDocument, RawBSONDocument]:
    """The document and its change as bytes. The change has the document, too: it is encoded once for both."""
    kept = RawBSONDocument(encode(document))
    return kept, RawBSONDocument(encode({**change, "document": kept} if "document" in change else change))


def _fitting(encoded: RawBSONDocument) -> RawBSONDocument:
    """What MongoDB takes. The driver would refuse all that goes with what is too large."""
    if len(encoded.raw) > LARGEST:
        raise too_large()
    return encoded
