# SPDX-License-Identifier: Apache-2.0
"""Evaluates a filter on a plain document, with the meaning that it has in a list."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from app.domain import dates
from app.domain.json_values import equal
from app.domain.query.expressions import is_found
from app.domain.query.paths import compared_values, values_at
from app.domain.query.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operand,
    Operator,
    Predicate,
    Span,
    Spellings,
    Value,
)

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_INTEGER = len(str(-(2**63)))

_COMPARISONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def matches(predicate: Predicate, document: Any) -> bool:
    """Whether `predicate` holds on `document`, given as JSON (TMF630 part 1, attribute filtering; part 6)."""
    match predicate:
        case Condition():
            return _compares(predicate, document)
        case Length():
            return _measures(predicate, document)
        case Element(path=path, holds=holds):
            return any(matches(holds, child) for value in values_at(document, path) for child in _children(value))
        case Negation(part=part):
            return not matches(part, document)
        case Every(parts=parts):
            return all(matches(part, document) for part in parts)
        case Either(parts=parts):
            return any(matches(part, document) for part in parts)


def equals(value: Any, operand: Value, *, typed: bool = False) -> bool:
    """Whether `operand` names the JSON `value`: a text by the type of `value`, unless it is `typed`, a JSON value too.

    Date-times are compared as instants; a bare date names the whole UTC day.
    """
    if isinstance(value, str) and isinstance(operand, str):
        return value == operand or _same_instant(value, operand)
    return equal(value, operand if typed else _read(operand, value))


def number(text: str) -> int | float | None:
    """The JSON number that `text` spells, or None: an integer when it has at most 64 bits, else a float."""
    if not _NUMBER.fullmatch(text):
        return None
    if len(text) <= _LONGEST_INTEGER and text.removeprefix("-").isdigit() and -(2**63) <= int(text) < 2**63:
        return int(text)
    value = float(text)
    return value if isfinite(value) else None


def moment(text: str) -> str:
    """`text` with the `+` of a time offset restored, which form decoding turned into a blank."""
    return text[:-6] + "+" + text[-5:] if text[-6:-5] == " " and text[-3:-2] == ":" else text


def span(text: str) -> Span:
    """The instants that `text` names: a date-time one, a bare date those of that whole day in UTC.

    Raises `ValueError` for what is neither, and for a day that is in no calendar.
    """
    return Span(*(dates.day(text) or (dates.instant(moment(text)),) * 2))


def compares(value: str, operator: Operator, operand: str) -> bool:
    """Whether `value operator operand` holds of two texts: compared as instants where both name some, else as text.

    A bare date is the whole UTC day: greater is what begins after it, less is what ends before it.
    """
    at, named = _instant(value), _span(operand)
    return _beside(at, operator, named) if at and named else _COMPARISONS[operator](value, operand)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _compares(condition: Condition, document: Any) -> bool:
    if condition.operator is Operator.EXISTS:
        return any(True for _ in values_at(document, condition.path)) is condition.values[0]
    met = any(
        _meets(condition, value, operand)
        for value in compared_values(document, condition.path)
        for operand in condition.values
    )
    return met is not (condition.operator is Operator.NE)


def _meets(condition: Condition, value: Any, operand: Operand) -> bool:
    match operand:
        case Span():
            at = _instant(value) if isinstance(value, str) else None
            return at is not None and _beside(at, condition.operator, operand)
        case Spellings(texts=texts):
            return isinstance(value, str) and value.lower() in texts
    match condition.operator:
        case Operator.EQ | Operator.NE if condition.resolved:
            return equal(value, operand)
        case Operator.EQ | Operator.NE:
            return equals(value, operand, typed=condition.typed)
        case Operator.REGEX:
            return isinstance(value, str) and is_found(str(operand), value)
        case _:
            return _is_ordered(condition, value, operand)


def _is_ordered(condition: Condition, value: Any, operand: Value) -> bool:
    """Compare numbers by size, date-times by instant, other texts by code points; nothing else has an order."""
    in_order = _COMPARISONS[condition.operator]
    if isinstance(value, str) and isinstance(operand, str):
        return in_order(value, operand) if condition.resolved else compares(value, condition.operator, operand)
    beside = operand if condition.typed else _read(operand, value)
    return _is_number(value) and _is_number(beside) and in_order(value, beside)


def _beside(at: datetime, operator: Operator, named: Span) -> bool:
    match operator:
        case Operator.GT:
            return at > named.last
        case Operator.GTE:
            return at >= named.first
        case Operator.LT:
            return at < named.first
        case Operator.LTE:
            return at <= named.last
        case _:
            return named.first <= at <= named.last


def _measures(test: Length, document: Any) -> bool:
    lengths = [len(found) for found in values_at(document, test.path) if isinstance(found, list | str)]
    if test.operator is Operator.NE:
        return test.number not in lengths
    return any(_COMPARISONS[test.operator](length, test.number) for length in lengths)


def _read(text: Value, value: Any) -> Value:
    """`text` parsed as a value of the type of `value`; `text` itself when it cannot be."""
    if isinstance(value, bool):
        return {"true": True, "false": False}.get(str(text), text)
    if isinstance(value, int | float):
        spelt_number = number(str(text))
        return text if spelt_number is None else spelt_number
    return text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_instant(value: str, operand: str) -> bool:
    at, named = _instant(value), _span(operand)
    return at is not None and named is not None and _beside(at, Operator.EQ, named)


def _instant(text: str) -> datetime | None:
    try:
        return dates.instant(text)
    except ValueError:
        return None


def _span(text: str) -> Span | None:
    try:
        return span(text)
    except ValueError:
        return None
