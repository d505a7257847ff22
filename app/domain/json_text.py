# SPDX-License-Identifier: Apache-2.0
"""JSON text in and out: strict where a lenient reading would lose or change what was sent."""

import json
from datetime import datetime
from typing import Any

import orjson

from app.domain import dates
from app.domain.json_pointers import Place, pointer
from app.domain.mapping.residue import PRIVATE
from app.domain.violations import Violation, refusal
from app.errors import InvalidBody, InvalidField, MissingBody, PayloadTooLarge, shorten

_QUOTE = ord('"')
_ESCAPED_QUOTE = b"\\u0022"
"""The escape of a quotation mark in JSON that contains no quotation mark."""


def refuse_duplicates(raw: bytes, value: Any) -> None:
    """Raise `InvalidBody` naming a member that `raw`, which was read as `value`, names twice in one object.

    A parser keeps the last of two members of a name. So `value`, serialised again, has at least two quotation marks
    fewer than `raw`; to count them takes half the time of parsing.
    """
    spelt = orjson.dumps(value)
    if spelt != raw and (raw.count(_QUOTE) != spelt.count(_QUOTE) or _ESCAPED_QUOTE in raw):
        json.loads(raw, object_pairs_hook=_object, parse_int=len, parse_float=len)


def _object(members: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in members:
        if name in names:
            raise InvalidBody(f"An object of the body has '{shorten(name, 60)}' twice; name each member once")
        names.add(name)


DEEPEST = 64
"""Levels of nesting that a document may have; MongoDB's limit is 100."""
MOST_OBJECTS = 25_000
"""Objects and arrays that a document may have, all levels together: each takes time whenever a view is made."""
FEW_OBJECTS = 1000
"""Objects and arrays in the members that a patch changes up to which those of the whole document are not counted."""
RESERVED = PRIVATE
"""Names of members under which a stored document keeps what only one API version can say (`residue`)."""


def refuse_unkeepable(value: Any, place: Place = ()) -> None:
    """Raise `InvalidBody` for nesting deeper than `DEEPEST`, `InvalidField` naming a member that cannot be kept."""
    if len(place) == DEEPEST:
        raise InvalidBody(f"The body is nested deeper than {DEEPEST} levels")
    for step, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(step, str) and (step.startswith("$") or "\0" in step or step in RESERVED):
            shown_pointer = shorten(pointer((*place, shorten(step, 60))), 160)
            raise InvalidField(f"{shown_pointer} cannot be kept: the name is reserved")
        if isinstance(member, dict | list):
            refuse_unkeepable(member, (*place, step))


def refuse_crowded(value: Any) -> None:
    """Raise `PayloadTooLarge` for more than `MOST_OBJECTS` objects and arrays."""
    count = objects(value)
    if count > MOST_OBJECTS:
        message = f"{count} objects and arrays are too many for one document; at most {MOST_OBJECTS} are kept"
        raise PayloadTooLarge(message)


def objects(value: Any) -> int:
    """How many objects and arrays there are in a JSON value, itself included."""
    count, waiting = 0, [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict | list):
            count += 1
            waiting += inner.values() if isinstance(inner, dict) else inner
    return count


_SHAPE = bytes.maketrans(b"123456789[", b"000000000{")
"""Translates digits to `0` and `[` to `{`: then one search finds long numbers, one count all objects and arrays."""
_LONG_NUMBER = b"0" * 19
_WORDS = {
    "surrogate": r"'\ud800' to '\udfff' come in pairs only, high before low",
    "infinity": "a number is larger than any that is kept",
    "depth limit": "it is nested too deep",
}
"""What to tell a client in the place of a parser's message, by a word of that message."""
_PLAIN_DATES = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_MICROSECONDS = b'000Z"'
"""The end of a date-time with milliseconds, as orjson writes it: three further zeros."""
_SUSPICIOUS = ((b"$", b'"$'), (b"\\", b"\\u00"), *((name[:1].encode(), name.encode()) for name in RESERVED))
"""Bytes that names which cannot be stored contain, each behind a single byte of it: to search for that is faster."""


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in the text `raw`. Raises what `parse` raises, and `InvalidBody` for other JSON."""
    value = parse(raw)
    if not isinstance(value, dict):
        raise InvalidBody(not_object(value))
    return value


def not_object(value: Any) -> str:
    """The message to a client whose body is JSON, but no object."""
    return f"The body must be a JSON object, not {_kind_in_words(value)}"


def parse(raw: bytes) -> Any:
    """The JSON value in the text `raw` (RFC 8259).

    Raises `MissingBody`, `InvalidBody` for what is no JSON, `InvalidField` for names and numbers that cannot be kept,
    and `PayloadTooLarge` for more objects than a document may have.
    """
    if not raw.strip():
        raise MissingBody("The request has no body; send JSON")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        raise InvalidBody(_syntax_fault(raw, wrong)) from None
    shape = raw.translate(_SHAPE)
    opened = shape.count(b"{")
    if opened > MOST_OBJECTS:
        # Brackets within texts count, too, so the value itself decides.
        refuse_crowded(value)
    if isinstance(value, dict | list) and (opened > DEEPEST or _is_suspicious(raw)):
        refuse_unkeepable(value)
    if _LONG_NUMBER in shape:
        _refuse_long_integers(json.loads(raw, parse_int=_integer))
    if isinstance(value, dict | list):
        refuse_duplicates(raw, value)
    return value


def _syntax_fault(raw: bytes, wrong: orjson.JSONDecodeError) -> str:
    """The fault in the JSON text `raw`, which the parser found `wrong`, in words for clients."""
    try:
        raw.decode()
    except UnicodeDecodeError as other:
        return f"The body is not valid JSON (UTF-8): it is in another charset than UTF-8, at character {other.start}"
    why = next((words for sign, words in _WORDS.items() if sign in wrong.msg), wrong.msg)
    return f"The body is not valid JSON (UTF-8): {shorten(why)}, at character {wrong.pos}"


def _is_suspicious(raw: bytes) -> bool:
    """Whether `raw` may have member names that cannot be stored: a fast test with false positives, no negatives."""
    for rare, sign in _SUSPICIOUS:  # noqa: SIM110 - a generator would cost as much as all the looks.
        if rare in raw and sign in raw:
            return True
    return False


def dump(value: Any, *, options: int = 0) -> bytes:
    """`value` as JSON text in UTF-8; date-times, in UTC and whole milliseconds, as `dates.text` writes them."""
    told = orjson.dumps(value, None, _PLAIN_DATES | options)
    # orjson writes microseconds. Text that looks like the end of a date-time costs time only.
    return orjson.dumps(value, _text, orjson.OPT_PASSTHROUGH_DATETIME | options) if _MICROSECONDS in told else told


def dump_sorted(value: Any) -> bytes:
    """As `dump`, with members in the order of their names: equal objects give equal bytes (for hashes)."""
    return dump(value, options=orjson.OPT_SORT_KEYS)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return dates.text(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


class _Long(str):
    """The digits of an integer of more than 64 bits."""


def _integer(digits: str) -> int | _Long:
    found = int(digits) if len(digits) < 24 else 2**64
    return found if -(2**63) <= found < 2**63 else _Long(digits)


def _refuse_long_integers(value: Any) -> None:
    violations: list[Violation] = []
    waiting: list[tuple[Place, Any]] = [((), value)]
    while waiting:
        place, inner = waiting.pop()
        if isinstance(inner, _Long):
            message = f"is {shorten(inner, 40)}, which is out of range; integers have at most 64 bits"
            violations.append(Violation(pointer(place), message, rule="range"))
        elif isinstance(inner, dict | list):
            members = inner.items() if isinstance(inner, dict) else enumerate(inner)
            waiting.extend(((*place, step), member) for step, member in members)
    if violations:
        raise refusal(reversed(violations))


def _kind_in_words(value: Any) -> str:
    names = {list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
