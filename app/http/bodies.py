"""JSON in and out: strict where a lenient reading would lose or change what the client sent."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from app.domain import dates
from app.domain.keepable import DEEPEST, RESERVED, refuse_unkeepable
from app.domain.media_types import JSON, MERGE
from app.errors import InvalidBody, InvalidField, MissingBody, UnsupportedMediaType, shortened
from app.http.exchange import Request

_LONG_NUMBER = re.compile(rb"\d{19}")
_SUSPICIOUS = re.compile(rb'"\$|\\u00|' + "|".join(RESERVED).encode())


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a request. Raises `UnsupportedMediaType`, and what `parse_object` raises."""
    if request.media_type != JSON:
        raise UnsupportedMediaType(f"{_not_understood(request)}; send {JSON}")
    return parse_object(await request.body())


async def read_patch(request: Request, accepted: Sequence[str]) -> Any:
    """The JSON in the body of a PATCH whose media type is one of `accepted`; a merge patch is an object.

    Raises `UnsupportedMediaType` with `Accept-Patch` (RFC 5789), and what `parse` raises.
    """
    if request.media_type not in accepted:
        told = f"{_not_understood(request)}; send {' or '.join(accepted)}"
        raise UnsupportedMediaType(told, {"Accept-Patch": ", ".join(accepted)})
    patch = parse(await request.body())
    if request.media_type in (JSON, MERGE) and not isinstance(patch, dict):
        raise InvalidBody(f"The body must be a JSON object, not {_named(patch)}")
    return patch


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that `raw` spells. Raises what `parse` raises, and `InvalidBody` for other JSON."""
    value = parse(raw)
    if not isinstance(value, dict):
        raise InvalidBody(f"The body must be a JSON object, not {_named(value)}")
    return value


def parse(raw: bytes) -> Any:
    """The JSON that `raw` spells.

    Raises `MissingBody`, `InvalidBody` for what is no JSON, and `InvalidField` for names and numbers that cannot be
    kept.
    """
    if not raw.strip():
        raise MissingBody("The request has no body; send JSON")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise InvalidBody(
            f"The body is not valid JSON (UTF-8): {shortened(wrong.msg)}, at character {wrong.pos}"
        ) from None
    if isinstance(value, dict | list) and _is_suspicious(raw):
        refuse_unkeepable(value)
    if _LONG_NUMBER.search(raw):
        json.loads(raw, parse_int=_integer)
    return value


def _is_suspicious(raw: bytes) -> bool:
    """Whether `raw` may hold what cannot be kept: a cheap look that spares most bodies a walk."""
    return bool(_SUSPICIOUS.search(raw)) or raw.count(b"[") + raw.count(b"{") > DEEPEST


def _not_understood(request: Request) -> str:
    return f"A body of type '{shortened(request.media_type, 60)}' is not understood"


def dump(value: Any) -> bytes:
    """JSON as UTF-8; date-times in UTC with `Z`."""
    return orjson.dumps(value, _text, orjson.OPT_PASSTHROUGH_DATETIME)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return dates.text(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _integer(digits: str) -> int:
    found = int(digits) if len(digits) < 24 else 2**64
    if not -(2**63) <= found < 2**63:
        raise InvalidField(f"The number {shortened(digits, 40)} is out of range; integers have at most 64 bits")
    return found


def _named(value: Any) -> str:
    names = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
