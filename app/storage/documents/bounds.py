# SPDX-License-Identifier: Apache-2.0
"""How large a resource may be: so that outbox, event log and history have room for every change and its deletion."""

from collections.abc import Mapping
from typing import Any

from bson import encode

from app.errors import PayloadTooLarge

Document = Mapping[str, Any]

LARGEST = 16 * 1024 * 1024
"""Bytes of a row or an entry that MongoDB takes at most."""

LARGEST_DOCUMENT = 7 * 1024 * 1024
"""Bytes of a resource as it is kept (BSON). An entry of the log holds what a change replaced beside what it left, and
that of a deletion names every attribute once more: so a resource may take less than half of `LARGEST`."""

ENVELOPE = 128 * 1024
"""Bytes that an entry has beside the document and what was replaced of it, at most: ids, hashes, who and when."""

SMALL = 4 * 1024
"""Bytes of an update after which a document is not measured: most patches are smaller, and measuring would be dear."""

SELDOM = 128
"""Revisions after which it is measured all the same: unmeasured, it grows by half a mebibyte in between at most."""


def require_row(row: bytes, document: Document) -> None:
    """Raise `PayloadTooLarge` where the `document` of a new row is too large; of most, the row is not even that."""
    if len(row) > LARGEST_DOCUMENT:
        require_document(document)


def require_document(document: Document, most: int = LARGEST_DOCUMENT) -> None:
    """Raise `PayloadTooLarge` when a document takes more bytes than `most`."""
    size = len(encode(document))
    if size > most:
        raise _too_large(size, most)


def require_entry(change: Document, before: Document, after: Document) -> None:
    """Raise `PayloadTooLarge` where the log does not take the `change` of a document, or the document itself.

    What an earlier release let grow beyond `LARGEST_DOCUMENT` may be changed while it does not grow further.
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
    """Whether an earlier release let a document grow so large that the log may have no room for what happens to it."""
    return len(encode(document)) > LARGEST_DOCUMENT + SELDOM * SMALL


def too_large_to_change() -> PayloadTooLarge:
    """What it is to change a document of an earlier release beside which a row has no room for any change."""
    return PayloadTooLarge("The resource is so large that it can only become smaller: remove attributes, or delete it")


def _too_large(size: int, most: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"This would take {size} bytes as it is kept, and {most} are the most, so that the event log can tell "
        "of its changes; send less"
    )
