"""What a failure of the database means to the client: an answer to try again, never a bare 500."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, DocumentTooLarge, ExecutionTimeout, OperationFailure, WTimeoutError

from app.errors import InvalidQuery, PayloadTooLarge, TmfError, Unavailable

RETRY = {"Retry-After": "1"}
_TOO_LARGE = {10334, 17280, 17419}
"""Codes of the server for a document beyond 16 MiB."""
_NO_EXPRESSION = {51091, 51109, 51156}
"""Codes of the server for a regular expression that it cannot read, or that it gave up on."""


@contextmanager
def told_to_the_client(*, searching: bool = False) -> Iterator[None]:
    """Turn the driver's failures within the block into `Unavailable` (503, try again) or `PayloadTooLarge` (413).

    While `searching` for a regular expression it is that which takes too long: `InvalidQuery`.
    """
    try:
        yield
    except (ExecutionTimeout, WTimeoutError) as failure:
        if searching:
            raise InvalidQuery(_TOO_SLOW) from failure
        raise Unavailable("The database took too long; narrow the query or try again", RETRY) from failure
    except ConnectionFailure as failure:
        raise Unavailable("The database cannot be reached at the moment; try again", RETRY) from failure
    except DocumentTooLarge as failure:
        raise _too_large() from failure
    except OperationFailure as failure:
        if failure.code in _TOO_LARGE:
            raise _too_large() from failure
        if failure.code in _NO_EXPRESSION:
            raise InvalidQuery(_UNREADABLE) from failure
        raise


_TOO_SLOW = (
    "The database took too long to search for the regular expression; begin it with '^' and the text that is known, "
    "or narrow the query with further conditions"
)
_UNREADABLE = "The database cannot search for the regular expression; write a simpler one"


def _too_large() -> TmfError:
    return PayloadTooLarge(
        "The resource with its undelivered changes would exceed 16 MiB; send less, or try again later"
    )
