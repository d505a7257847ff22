"""What a failure of the database means to the client: an answer to try again, never a bare 500."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, DocumentTooLarge, ExecutionTimeout, OperationFailure, WTimeoutError

from app.errors import PayloadTooLarge, TmfError, Unavailable

RETRY = {"Retry-After": "1"}
_TOO_LARGE = {10334, 17280, 17419}
"""Codes of the server for a document beyond 16 MiB."""


@contextmanager
def told_to_the_client() -> Iterator[None]:
    """Turn the driver's failures within the block into `Unavailable` (503, try again) or `PayloadTooLarge` (413)."""
    try:
        yield
    except (ExecutionTimeout, WTimeoutError) as failure:
        raise Unavailable("The database took too long; narrow the query or try again", RETRY) from failure
    except ConnectionFailure as failure:
        raise Unavailable("The database cannot be reached at the moment; try again", RETRY) from failure
    except DocumentTooLarge as failure:
        raise _too_large() from failure
    except OperationFailure as failure:
        if failure.code in _TOO_LARGE:
            raise _too_large() from failure
        raise


def _too_large() -> TmfError:
    return PayloadTooLarge(
        "The resource with its undelivered changes would exceed 16 MiB; send less, or try again later"
    )
