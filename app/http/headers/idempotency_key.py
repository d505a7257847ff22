# SPDX-License-Identifier: Apache-2.0
"""Reads `Idempotency-Key`, by which a client may repeat a POST without creating twice (IETF httpapi draft)."""

import re
from typing import Any

import orjson

from app.errors import InvalidHeader, shorten
from app.http.messages import Request
from app.storage.documents.receipts import Key

_CHOSEN = re.compile(r'("?)([\x21\x23-\x7e]{1,255})\1')


def require_key(request: Request) -> None:
    """Raise `InvalidHeader` for a key that is none; it takes no body to tell."""
    given = request.find_header(b"idempotency-key")
    if given is not None:
        _parse_key(given)


def key_of(request: Request, place: str, body: Any) -> Key | None:
    """The key of a POST at `place` with this body; None when it has none, and may be done twice.

    Raises `InvalidHeader`.
    """
    header = request.find_header(b"idempotency-key")
    if header is None:
        return None
    # A key is of whom it came from: nobody is replayed what another one was answered.
    return Key.of(f"{request.namespace}{place}", _parse_key(header), canonical(body))


def _parse_key(header: str) -> str:
    match = _CHOSEN.fullmatch(header.strip())
    if match is None:
        raise InvalidHeader(
            f"Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID, not '{shorten(header, 60)}'"
        )
    return match[2]


def replay_headers(repeated: bool, deleted: bool = False) -> dict[str, str]:
    """The headers of a replayed answer (`Idempotency-Replayed`); of any other, none.

    They say so, too, when what was created then was `deleted` since.
    """
    headers = {"Idempotency-Replayed": "true"} if repeated else {}
    return {**headers, "Liaison-Deleted": "true"} if repeated and deleted else headers


def canonical(body: Any) -> bytes:
    """JSON in the one spelling that all spellings of the same value share."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
