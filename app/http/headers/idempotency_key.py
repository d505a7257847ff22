# SPDX-License-Identifier: Apache-2.0
"""The header `Idempotency-Key`, with which a client can repeat a POST safely (IETF draft httpapi)."""

import re
from typing import Any

import orjson

from app.errors import InvalidHeader, shorten
from app.http.messages import Request
from app.storage.documents.receipts import Key

_CHOSEN = re.compile(r'("?)([\x21\x23-\x7e]{1,255})\1')


def require_key(request: Request) -> None:
    """Raise `InvalidHeader` for a malformed key; needs no body."""
    given = request.find_header(b"idempotency-key")
    if given is not None:
        _parse_key(given)


def key_of(request: Request, place: str, body: Any) -> Key | None:
    """The key of a POST at `place` with this body; None without the header, when a repeat creates again.

    Raises `InvalidHeader`.
    """
    header = request.find_header(b"idempotency-key")
    if header is None:
        return None
    # Keys are separate for each principal, so that nobody gets the answer to another one's request.
    return Key.of(f"{request.namespace}{place}", _parse_key(header), canonical(body))


def _parse_key(header: str) -> str:
    match = _CHOSEN.fullmatch(header.strip())
    if match is None:
        raise InvalidHeader(
            f"Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID, not '{shorten(header, 60)}'"
        )
    return match[2]


def replay_headers(repeated: bool, deleted: bool = False) -> dict[str, str]:
    """The header of a repeated answer (`Idempotency-Replayed`); empty for any other answer.

    `Liaison-Deleted` is added when the created resource was `deleted` since.
    """
    headers = {"Idempotency-Replayed": "true"} if repeated else {}
    return {**headers, "Liaison-Deleted": "true"} if repeated and deleted else headers


def canonical(body: Any) -> bytes:
    """Canonical JSON: the same bytes for all spellings of a value."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
