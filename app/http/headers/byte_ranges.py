# SPDX-License-Identifier: Apache-2.0
"""Range requests (RFC 9110 §14): which of the bytes of a representation an answer has."""

import re
from typing import NamedTuple

from app.errors import RangeNotSatisfiable
from app.http.messages import Request

_RANGE = re.compile(r"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*", re.IGNORECASE | re.ASCII)


class ByteRange(NamedTuple):
    """The bytes from `begin` up to, and without, `end`."""

    begin: int
    end: int

    def content_range(self, size: int) -> str:
        """The value of `Content-Range` of a part of so many bytes."""
        return f"bytes {self.begin}-{self.end - 1}/{size}"


def parse_range(request: Request, size: int, tag: str) -> ByteRange | None:
    """The one range that a request asks for, of a representation of that size with that entity tag; None for all of it.

    Several ranges, other units and what cannot be read count as no range (§14.2), and so does one for another
    representation (`If-Range`, §13.1.5). Raises `RangeNotSatisfiable` with `Content-Range`.
    """
    header = request.find_header(b"range")
    if header is None or (request.find_header(b"if-range") or tag) != tag:
        return None
    match = _RANGE.fullmatch(header.strip())
    if match is None or (match[1] and match[2] and int(match[2]) < int(match[1])):
        return None
    wanted = _resolve(match, size)
    if wanted.begin >= wanted.end:
        headers = {"Content-Range": f"bytes */{size}"}
        raise RangeNotSatisfiable(f"There are {size} bytes, none of which the Range asks for", headers)
    return wanted


def _resolve(match: re.Match[str], size: int) -> ByteRange:
    if match[3] is not None:
        return ByteRange(max(size - int(match[3]), 0), size)
    return ByteRange(int(match[1]), min(int(match[2]) + 1, size) if match[2] else size)
