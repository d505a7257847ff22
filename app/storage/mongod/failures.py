# SPDX-License-Identifier: Apache-2.0
"""What a failure of the database means to the client: an answer to try again, never a bare 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from app.errors import InsufficientStorage, InvalidQuery, OutboxFull, TmfError, Unavailable, shorten

RETRY = {"Retry-After": "1"}
RETRY_WITH_ROOM = {"Retry-After": "30"}
"""Somebody must make room first."""
_DUPLICATE = 11000
"""Code of the server for an id that is taken."""
_LATE_WRITE = {50, 64}
"""Codes of the server for a write that took too long, and for a majority that did not take one in time."""
TOO_LARGE = {10334, 17280, 17419, 17420}
"""Codes of the server for a row beyond 16 MiB."""
_OUT_OF_SPACE = 14031
"""Code of the server for a disk that is full."""
_UNNAMED = {1, 8}
"""Codes of the server for what its storage engine meets, which it tells in words alone."""
_NO_SPACE = "No space left on device"
UNMATCHED = 66
"""Code of the server for an upsert that matches nothing, where that must not insert."""
_OWN = {_DUPLICATE, UNMATCHED, *TOO_LARGE}
"""Codes of what is wrong with one of many writes, whatever becomes of the others."""
_NO_EXPRESSION = {51091, 51109, 51156}
"""Codes of the server for a regular expression that it cannot read, or that it gave up on."""
_PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError", "UnknownTransactionCommitResult")
_PASSING = {6, 7, 43, 89, 91, 134, 175, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
"""Codes of the server for what a failover or a shutdown interrupted: it has another primary soon."""


@contextmanager
def as_tmf_errors(*, searching: bool = False) -> Iterator[None]:
    """Turn the driver's failures within the block into what `told` makes of them."""
    try:
        yield
    except (PyMongoError, DocumentTooLarge) as failure:
        error = as_tmf_error(failure, searching=searching)
        if error is None:
            raise
        raise error from failure


def as_tmf_error(failure: Exception, *, searching: bool = False) -> TmfError | None:
    """What a failure of the driver is to the client: mostly `Unavailable` (503, try again).

    While `searching` for a regular expression it is that which takes too long: `InvalidQuery`. None for what will not
    pass, and for what is no failure of the driver.
    """
    code = _code(failure)
    if code == _OUT_OF_SPACE or (code in _UNNAMED and _NO_SPACE in str(failure)):
        return no_room()
    if isinstance(failure, (ExecutionTimeout, WTimeoutError)) or code in _LATE_WRITE:
        return InvalidQuery(_TOO_SLOW) if searching else Unavailable(_LATE, RETRY)
    if is_too_large(failure):
        return outbox_full()
    if code in _NO_EXPRESSION:
        return InvalidQuery(_UNREADABLE)
    return Unavailable(_AWAY, RETRY) if _passes(failure) else None


def no_room() -> InsufficientStorage:
    """What a full disk of the database is to a client that writes."""
    return InsufficientStorage(_FULL, RETRY_WITH_ROOM)


def is_too_large(failure: Exception) -> bool:
    """Whether the database refused a row because it would exceed 16 MiB."""
    return isinstance(failure, DocumentTooLarge) or _code(failure) in TOO_LARGE


def outbox_full() -> OutboxFull:
    """What a row beyond the database's limit is to the client: no document is that large, so too much waits with it."""
    return OutboxFull(_GREAT, RETRY)


def summary(failure: Exception) -> str:
    """What a log line tells of a failure: its type and code. Its own text may repeat what a client sent."""
    name = type(failure).__name__
    if isinstance(failure, ConnectionFailure):
        return f"{name}: {shorten(failure)}"
    if isinstance(failure, BulkWriteError):
        errors = [*failure.details["writeErrors"], *failure.details["writeConcernErrors"]]
        codes: set[Any] = {error.get("code") for error in errors}
    else:
        codes = {getattr(failure, "code", None)}
    numbers = ", ".join(str(code) for code in sorted(codes - {None}))
    named = (getattr(failure, "details", None) or {}).get("codeName", "")
    return " ".join(filter(None, (name, f"(code {numbers})" if numbers else "", named)))


def write_error_codes(failure: BulkWriteError) -> dict[int, int]:
    """Which of many writes the database refused each for its own sake, with its code for that.

    Raises the `failure` when it is more than that: then nobody knows what became of the others.
    """
    if _code(failure) is not None:
        raise failure
    return {error["index"]: error["code"] for error in failure.details["writeErrors"]}


def _code(failure: Exception) -> int | None:
    """The server's code for what failed; of many writes, the first that is more than one refused for its own sake."""
    if isinstance(failure, BulkWriteError):
        errors = [*failure.details["writeErrors"], *failure.details["writeConcernErrors"]]
        return next((error["code"] for error in errors if error["code"] not in _OWN), None)
    return failure.code if isinstance(failure, OperationFailure) else None


def _passes(failure: Exception) -> bool:
    if isinstance(failure, OperationFailure):
        return _code(failure) in _PASSING or any(map(failure.has_error_label, _PASSING_LABELS))
    return isinstance(failure, ConnectionFailure)


_AWAY = "The database cannot be reached at the moment; try again"
_FULL = "The disk of the database is full: reads go on; writes are taken again as soon as there is room on it"
_LATE = "The database took too long; narrow the query or try again"
_TOO_SLOW = (
    "The database took too long to search for the regular expression; begin it with '^' and the text that is known, "
    "or narrow the query with further conditions"
)
_UNREADABLE = "The database cannot search for the regular expression; write a simpler one"
_GREAT = (
    "The resource with its changes that wait for the event log would exceed 16 MiB; try again when they are in the log"
)
