# SPDX-License-Identifier: Apache-2.0
"""HTTP dates: of an answer, and of the change that it tells of, which is never later (RFC 9110 §8.8.2.1)."""

from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from time import time


def date_header() -> tuple[bytes, bytes]:
    """The `Date` of an answer that begins now.

    uvicorn's own is up to a second older than the request, and so older still than what the request has changed.
    """
    return _date_header(int(time()))


def last_modified(changed: datetime) -> str:
    """The value of `Last-Modified`; now, when another computer whose clock is ahead has made the change."""
    return _http_date(min(int(changed.timestamp()), int(time())))


def http_date(at: datetime) -> str:
    """An instant as HTTP tells it: in whole seconds."""
    return _http_date(int(at.timestamp()))


@lru_cache(1)
def _date_header(second: int) -> tuple[bytes, bytes]:
    return b"date", _http_date(second).encode("ascii")


@lru_cache(4096)
def _http_date(second: int) -> str:
    """Written once for all that happened within a second of the epoch: it takes longer than to look it up."""
    return formatdate(second, usegmt=True)
