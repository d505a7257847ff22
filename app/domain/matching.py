"""Evaluates attribute conditions on a plain document, with the meaning they have in a list."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from app.domain import dates
from app.domain.query import Condition, Path, is_index

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_INTEGER = len(str(-(2**63)))


def matches(conditions: Iterable[Condition], document: Mapping[str, Any]) -> bool:
    """Whether every condition holds on `document`, given as JSON (TMF630 part 1, attribute filtering)."""
    return all(_holds(condition, document) for condition in conditions)


def _holds(condition: Condition, document: Mapping[str, Any]) -> bool:
    return any(equals(found, text) for found in values_at(document, condition.path) for text in condition.values)


def values_at(value: Any, path: Path) -> Iterator[Any]:
    """Every value that `path` reaches in `value`: through all elements of an array, or through the one it numbers.

    As in the database, an array directly within an array is a value, and not gone through.
    """
    if isinstance(value, list):
        yield from _in_array(value, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def _in_array(array: list[Any], path: Path) -> Iterator[Any]:
    if not path:
        yield from array
        return
    if is_index(path[0]) and int(path[0]) < len(array):
        numbered = array[int(path[0])]
        yield from values_at(numbered, path[1:]) if path[1:] else (numbered,)
    for element in array:
        if isinstance(element, Mapping):
            yield from values_at(element, path)


def equals(value: Any, text: str) -> bool:
    """Whether the text of a query names `value`: by the value's own type, date-times as instants."""
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int | float):
        return number(text) == value
    if isinstance(value, str):
        return value == text or _same_instant(value, text)
    return False


def number(text: str) -> int | float | None:
    """The JSON number that `text` spells, or None: an integer when it has at most 64 bits, else a float."""
    if not _NUMBER.fullmatch(text):
        return None
    if len(text) <= _LONGEST_INTEGER and text.removeprefix("-").isdigit() and -(2**63) <= int(text) < 2**63:
        return int(text)
    found = float(text)
    return found if isfinite(found) else None


def moment(text: str) -> str:
    """`text` with the `+` of an offset put back that form decoding turned into a blank."""
    return text[:-6] + "+" + text[-5:] if text[-6:-5] == " " and text[-3:-2] == ":" else text


def _same_instant(value: str, text: str) -> bool:
    try:
        known = dates.instant(value)
        whole_day = dates.day(text)
        return whole_day[0] <= known <= whole_day[1] if whole_day else known == dates.instant(moment(text))
    except ValueError:
        return False
