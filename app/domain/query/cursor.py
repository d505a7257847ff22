# SPDX-License-Identifier: Apache-2.0
"""Cursors (keyset pagination): the token in a `next` link says behind which document a page begins."""

import math
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Any

import orjson

from app.domain import dates
from app.errors import InvalidQuery, shorten

Scalar = str | int | float | bool | datetime | None

_LARGEST_WHOLE = 2**63
_DATE = "date-time"


@dataclass(frozen=True)
class Position:
    """A place in an ordered list: that of the document with these values of the sort keys, and this id.

    Tokens hold ids as text; a list whose ids are numbers turns them back.
    """

    values: tuple[Scalar, ...]
    id: str | int


@dataclass(frozen=True)
class Cursor:
    """A cursor: the documents behind `position` are those from `offset` on in the list that `digest` identifies.

    Clients take the token for opaque. It grants nothing: a forged one shows what an offset shows, too.
    """

    offset: int
    position: Position
    digest: str

    def fits(self, offset: int, digest: str, keys: int) -> bool:
        """Whether the cursor is for this offset in the list of this digest, which is sorted by so many `keys`."""
        return (self.offset, self.digest, len(self.position.values)) == (offset, digest, keys)

    def token(self) -> str:
        """The cursor as text for a URL."""
        written = [
            self.offset,
            [_encode_value(value) for value in self.position.values],
            str(self.position.id),
            self.digest,
        ]
        return urlsafe_b64encode(orjson.dumps(written)).rstrip(b"=").decode()


def read_cursor(token: str | None) -> Cursor | None:
    """The cursor that was written as `token`, None where there is none. Raises `InvalidQuery` for any other text."""
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        offset, values, id, digest = orjson.loads(b64decode(padded, altchars=b"-_", validate=True))
        if not (_is_count(offset) and isinstance(values, list) and isinstance(id, str) and isinstance(digest, str)):
            raise ValueError("not the members of a cursor")
        return Cursor(offset, Position(tuple(map(_read, values)), id), digest)
    except (ValueError, TypeError):
        message = f"'{shorten(token, 40)}' is no cursor; follow the link to the next page as it is"
        raise InvalidQuery(message) from None


def digest(*asked: object) -> str:
    """A digest of a list: of everything that decides over its documents and their order, in hexadecimal."""
    return blake2s(repr(asked).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def is_scalar(value: Any) -> bool:
    """Whether a stored value can be a sort key of a cursor: a finite number, text, a date-time, a boolean or null."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int | datetime)


def _encode_value(value: Scalar) -> Any:
    return {_DATE: dates.text(value)} if isinstance(value, datetime) else value


def _read(value: Any) -> Scalar:
    if isinstance(value, dict):
        ((name, text),) = value.items()
        if name != _DATE:
            raise ValueError("not a value of a cursor")
        return dates.instant(text)
    if not is_scalar(value) or (isinstance(value, int) and not -_LARGEST_WHOLE <= value < _LARGEST_WHOLE):
        raise ValueError("not a value of a cursor")
    scalar: Scalar = value
    return scalar


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0
