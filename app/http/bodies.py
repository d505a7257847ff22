"""JSON in and out: strict where a lenient reading would lose or change what the client sent."""

import json
import re
from datetime import datetime
from typing import Any

import orjson

from app.domain import dates
from app.errors import InvalidBody, InvalidField, MissingBody, UnsupportedMediaType, shortened
from app.http.exchange import JSON, Request
from app.spec.validation import Place, pointer

MERGE_PATCH = "application/merge-patch+json"
DEEPEST = 64
"""Levels of nesting that a body may have; the database's own limit is not far above."""
RESERVED = frozenset({"_v4"})
"""Member names by which documents remember what only one API version can say."""

_LONG_NUMBER = re.compile(rb"\d{19}")
_SUSPICIOUS = re.compile(rb'"\$|\\u00|_v4')


async def read_object(request: Request, accepted: tuple[str, ...] = (JSON,)) -> dict[str, Any]:
    """The JSON object in the body of a request whose media type is one of `accepted`.

    Raises `UnsupportedMediaType`, `MissingBody`, `InvalidBody` for what is no JSON object, and `InvalidField` for
    member names and numbers that cannot be kept.
    """
    if request.media_type not in accepted:
        told = shortened(request.media_type, 60)
        headers = {"Accept-Patch": ", ".join(accepted)} if len(accepted) > 1 else {}
        raise UnsupportedMediaType(f"A body of type '{told}' is not understood; send {' or '.join(accepted)}", headers)
    return parse_object(await request.body())


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object that `raw` spells; see `read_object` for what it raises."""
    if not raw.strip():
        raise MissingBody("The request has no body; send a JSON object")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise InvalidBody(
            f"The body is not valid JSON (UTF-8): {shortened(wrong.msg)}, at character {wrong.pos}"
        ) from None
    if not isinstance(value, dict):
        raise InvalidBody(f"The body must be a JSON object, not {_named(value)}")
    if _SUSPICIOUS.search(raw) or raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _inspect(value)
    if _LONG_NUMBER.search(raw):
        json.loads(raw, parse_int=_integer)
    return value


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


def _inspect(value: Any, place: Place = ()) -> None:
    if len(place) == DEEPEST:
        raise InvalidBody(f"The body is nested deeper than {DEEPEST} levels")
    for step, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(step, str) and (step.startswith("$") or "\0" in step or step in RESERVED):
            told = shortened(pointer((*place, shortened(step, 60))), 160)
            raise InvalidField(f"{told} cannot be kept: the name is reserved")
        if isinstance(member, dict | list):
            _inspect(member, (*place, step))


def _named(value: Any) -> str:
    names = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
