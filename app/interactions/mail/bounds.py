# SPDX-License-Identifier: Apache-2.0
"""Bounds of a message, by its bytes alone: nothing is parsed that would take long, or much memory."""

import re

from app.interactions.mail.refusal import RefusedMail

MOST_HEADER_BYTES = 128 * 1024
MOST_HEADERS = 500
MOST_LINES = 400_000
MOST_BOUNDARIES = 40
"""Declarations of multipart bodies, and so their depth at most."""
MOST_EMBEDDED = 10
"""Messages within messages, which may be within one another, too."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(rb"\bboundary\*?\d*\*?[ \t]*=", re.IGNORECASE)
_EMBEDDED = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*message/", re.IGNORECASE | re.MULTILINE)


def header_end(raw: bytes) -> int:
    """Where the headers of a message end."""
    end = _END_OF_HEADERS.search(raw)
    return end.end() if end else len(raw)


def refuse_excessive(raw: bytes, most_bytes: int) -> None:
    """Raise `RefusedMail` for a message beyond a bound."""
    if len(raw) > most_bytes:
        raise RefusedMail(f"it has more than {most_bytes} bytes")
    headers = header_end(raw)
    if headers > MOST_HEADER_BYTES or raw.count(b"\n", 0, headers) > MOST_HEADERS:
        raise RefusedMail(f"its headers have more than {MOST_HEADER_BYTES} bytes, or {MOST_HEADERS} lines")
    if raw.count(b"\n") + raw.count(b"\r") > 2 * MOST_LINES:
        raise RefusedMail(f"it has more than {MOST_LINES} lines")
    if sum(1 for _ in _BOUNDARY.finditer(raw)) > MOST_BOUNDARIES:
        raise RefusedMail(f"it has more than {MOST_BOUNDARIES} multipart bodies")
    if sum(1 for _ in _EMBEDDED.finditer(raw)) > MOST_EMBEDDED:
        raise RefusedMail(f"it has more than {MOST_EMBEDDED} messages within it")
