# SPDX-License-Identifier: Apache-2.0
"""Bounds of the size of a resource, so that outbox and event log have room for each change and for its deletion."""

from collections.abc import Mapping
from typing import Any

from bson import encode

from app.errors import PayloadTooLarge

Document = Mapping[str, Any]

LARGEST = 16 * 1024 * 1024
"""Bytes of a row or an entry that MongoDB takes at most."""

LARGEST_DOCUMENT = 7 * 1024 * 1024
"""Bytes (BSON) of a stored resource at most. An entry of the log has the former values beside the new document, and
that of a deletion names every attribute once more: so a resource may take less than half of `LARGEST`."""

ENVELOPE = 128 * 1024
"""Bytes of an entry beside the document and its former values, at most: ids, hashes, origin and time."""

SMALL = 4 * 1024
"""Bytes of an update up to which the document is not measured after it: most are smaller, and measuring is dear."""

SELDOM = 128
"""Revisions after which a document is measured in any case: in between it grows by half a mebibyte at most."""


def require_row(row: bytes, document: Document) -> None:
    """Raise `PayloadTooLarge` when the `document` of a new row is too large; most whole rows are not."""
    if len(row) > LARGEST_DOCUMENT:
        require_document(document)


def require_document(document: Document, most: int = LARGEST_DOCUMENT) -> None:
    """Raise `PayloadTooLarge` when a document takes more bytes than `most`."""
    size = len(encode(document))
    if size > most:
        raise _too_large(size, most)


def require_entry(change: Document, before: Document, after: Document) -> None:
    """Raise `PayloadTooLarge` when the `change` of a document does not fit an entry, or the document is too large.

    A document that an earlier release let grow beyond `LARGEST_DOCUMENT` may be changed if it does not grow.
    """
    size = len(encode(after))
    if size > LARGEST_DOCUMENT:
        if size > len(encode(before)):
            raise _too_large(size, LARGEST_DOCUMENT)
    elif size + len(encode(change)) + ENVELOPE > LARGEST and not is_overgrown(before):
        raise PayloadTooLarge(
            f"The resource, which takes {size} bytes, and what this replaces of it are too much for one entry of the "
            "event log; change less at once"
        )


def is_overgrown(document: Document) -> bool:
    """Whether a document, of an earlier release, is so large that its changes may not fit an entry of the log."""
    return len(encode(document)) > LARGEST_DOCUMENT + SELDOM * SMALL


def too_large_to_change() -> PayloadTooLarge:
    """The error for a change of a document, of an earlier release, beside which its row has no room for a change."""
    return PayloadTooLarge("The resource is so large that it can only become smaller: remove attributes, or delete it")


def _too_large(size: int, most: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"This would take {size} bytes as it is kept, and {most} are the most, so that the event log can tell "
        "of its changes; send less"
    )
