# SPDX-License-Identifier: Apache-2.0
"""Failures of the database as TMF Errors: mostly 503 with `Retry-After`, 507 for a full disk, never a bare 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from app.errors import InsufficientStorage, InvalidQuery, OutboxFull, TmfError, Unavailable, shorten

RETRY = {"Retry-After": "1"}
RETRY_WITH_ROOM = {"Retry-After": "30"}
"""The `Retry-After` for a full disk, on which an operator must make room first."""
_DUPLICATE = 11000
"""Code of the server for an id that is taken."""
_LATE_WRITE = {50, 64}
"""Codes of the server for a write that took too long, and for a majority that did not take one in time."""
TOO_LARGE = {10334, 17280, 17419, 17420}
"""Codes of the server for a row beyond 16 MiB."""
_OUT_OF_SPACE = 14031
"""Code of the server for a disk that is full."""
_UNNAMED = {1, 8}
"""Codes of the server for errors of its storage engine, of which only the message says more."""
_NO_SPACE = "No space left on device"
UNMATCHED = 66
"""Code of the server for an upsert that matches nothing, where that must not insert."""
_OWN = {_DUPLICATE, UNMATCHED, *TOO_LARGE}
"""Codes of errors of a single write in a bulk write, which say nothing of the others."""
_NO_EXPRESSION = {51091, 51109, 51156}
"""Codes of the server for a regular expression that it cannot compile, or on which it gave up."""
_PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError", "UnknownTransactionCommitResult")
_PASSING = {6, 7, 43, 89, 91, 134, 175, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
"""Codes of the server for operations that a failover or a shutdown interrupted: there is a new primary soon."""


@contextmanager
def as_tmf_errors(*, searching: bool = False) -> Iterator[None]:
    """Turn the driver's failures within the block into TMF Errors (`as_tmf_error`); others pass unchanged."""
    try:
        yield
    except (PyMongoError, DocumentTooLarge) as failure:
        error = as_tmf_error(failure, searching=searching)
        if error is None:
            raise
        raise error from failure


def as_tmf_error(failure: Exception, *, searching: bool = False) -> TmfError | None:
    """The TMF Error for a failure of the driver: mostly `Unavailable` (503).

    With `searching` for a regular expression, a timeout is `InvalidQuery`. None for a failure that is permanent, and
    for one that is not of the driver.
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
    """The error (507) for a write while the disk of the database is full."""
    return InsufficientStorage(_FULL, RETRY_WITH_ROOM)


def is_too_large(failure: Exception) -> bool:
    """Whether the database refused a row because it would exceed 16 MiB."""
    return isinstance(failure, DocumentTooLarge) or _code(failure) in TOO_LARGE


def outbox_full() -> OutboxFull:
    """The error for a row beyond 16 MiB: no document is that large, so the row has too many pending changes."""
    return OutboxFull(_GREAT, RETRY)


def summary(failure: Exception) -> str:
    """A failure for log lines: its type and code, not its message, which may repeat what a client sent."""
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
    """The codes, by index, of the writes of a bulk write that the database refused by themselves.

    Raises the `failure` when it concerns more than single writes, so that the outcome of the others is unknown.
    """
    if _code(failure) is not None:
        raise failure
    return {error["index"]: error["code"] for error in failure.details["writeErrors"]}


def taken_keys(failure: BulkWriteError | DuplicateKeyError, member: str) -> dict[int, str]:
    """Of the writes that a unique index on the `member` of rows refused, by index (0 for a single one): the key that
    another row has."""
    errors = failure.details["writeErrors"] if isinstance(failure, BulkWriteError) else [failure.details or {}]
    return {
        error.get("index", 0): str(error["keyValue"][member])
        for error in errors
        if error.get("code") == _DUPLICATE and member in error.get("keyPattern", ())
    }


def _code(failure: Exception) -> int | None:
    """The server's code of a failure; of a bulk write, the first one that concerns more than a single write."""
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
