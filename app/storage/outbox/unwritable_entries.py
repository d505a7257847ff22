# SPDX-License-Identifier: Apache-2.0
"""Entries that cannot be written: they are logged without payload, with the reason, and stop no others (ADR 0029)."""

from collections.abc import Iterator, Sequence

import structlog
from bson import encode
from bson.errors import BSONError
from pymongo.errors import BulkWriteError, DocumentTooLarge

from app.storage.documents.bounds import LARGEST
from app.storage.event_log.chain import OMISSION
from app.storage.mongod.durable import Entry
from app.storage.mongod.failures import TOO_LARGE

log = structlog.get_logger()

UNENCODABLE = (DocumentTooLarge, BSONError, OverflowError, RecursionError)
"""The driver's exceptions for an entry that it cannot encode."""

_OWN_FAULT = {2, 9, 15, 22, 52, 55, 56, 57, *TOO_LARGE}
"""Codes of the server for faults of a document itself: size, nesting, names."""


HEAD = 512
"""Bytes that number, hashes and time add to an entry, at most."""


def with_omissions(entries: Sequence[Entry], failure: Exception) -> list[Entry]:
    """`entries` whose insert raised `failure`, where those that cannot be written have an omission for their payload.

    Raises the `failure` when it is not that of an entry itself.
    """
    omissions = dict(_omissions(entries, failure))
    if not omissions:
        raise failure
    for index, omission in omissions.items():
        log.error("an event is logged without its payload", event_id=entries[index]["eventId"], omission=omission)
    return [
        {**entry, OMISSION: omissions[index]} if index in omissions else entry for index, entry in enumerate(entries)
    ]


def _omissions(entries: Sequence[Entry], failure: Exception) -> Iterator[tuple[int, str]]:
    codes = _write_error_codes(failure)
    for index, entry in enumerate(entries):
        if OMISSION not in entry and (omission := _fault(entry, codes.get(index))):
            yield index, omission


def _fault(entry: Entry, code: int | None) -> str | None:
    """The reason why driver or database cannot take the entry, or None; `code` is the server's for it, if any."""
    try:
        size = len(encode(entry))
    except UNENCODABLE as error:
        return f"the database cannot hold it ({type(error).__name__})"
    if code is None and size <= LARGEST:
        return None
    reason = f"of {LARGEST} bytes, which an entry of the event log may take, it needs {size} and some"
    return reason if size + HEAD > LARGEST else f"the database refused it (code {code})"


def _write_error_codes(failure: Exception) -> dict[int, int]:
    """The server's codes, by index, for entries that it refused by themselves; empty for a failure of another kind."""
    if not isinstance(failure, BulkWriteError) or failure.details["writeConcernErrors"]:
        return {}
    return {error["index"]: error["code"] for error in failure.details["writeErrors"] if error["code"] in _OWN_FAULT}
