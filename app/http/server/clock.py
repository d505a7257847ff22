# SPDX-License-Identifier: Apache-2.0
"""HTTP dates: `Date`, and `Last-Modified`, which is never later (RFC 9110 §8.8.2.1)."""

from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from time import time


def date_header() -> tuple[bytes, bytes]:
    """The `Date` of an answer that begins now.

    uvicorn's own is up to a second old, so it may be earlier than a change by the request.
    """
    return _date_header(int(time()))


def last_modified(changed: datetime) -> str:
    """The value of `Last-Modified`; now, when the clock of another server, which made the change, is ahead."""
    return _http_date(min(int(changed.timestamp()), int(time())))


def http_date(at: datetime) -> str:
    """An instant as an HTTP date (RFC 9110 §5.6.7), in whole seconds."""
    return _http_date(int(at.timestamp()))


@lru_cache(1)
def _date_header(second: int) -> tuple[bytes, bytes]:
    return b"date", _http_date(second).encode("ascii")


@lru_cache(4096)
def _http_date(second: int) -> str:
    """The HTTP date of a second since the epoch, cached."""
    return formatdate(second, usegmt=True)
