"""Decides what a stored value has to be so that a comparison holds: explicit operators of MongoDB, by its type."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.filtering.expressions import in_perl
from app.domain.filtering.matching import moment, number
from app.domain.filtering.predicates import Condition, Operator, Value
from app.errors import InvalidQuery, shortened

Operators = dict[str, Any]
"""Operators of MongoDB, all of which one and the same value has to meet."""

Day = tuple[datetime, datetime]
Reading = Value | datetime | Day

NEVER: Operators = {"$in": []}

_TYPELESS = ("boolean", "object")
"""Kinds without an order."""


def comparisons(condition: Condition, kind: str, name: str) -> list[Operators]:
    """The operators one of which a value of this `kind` meets where it compares as `condition` says.

    For `NE` they are those of a value that equals one of the given. Raises `InvalidQuery` for a comparison that the
    attribute with that `name` cannot have.
    """
    match condition.operator:
        case Operator.EQ | Operator.NE:
            return _equal([each for value in condition.values for each in _readings(value, condition, kind, name)])
        case Operator.REGEX:
            if kind not in ("string", "any"):
                raise InvalidQuery(f"'{name}' is {_a(kind)}; regular expressions are for text")
            return [{"$regex": in_perl(str(value))} for value in condition.values]
        case Operator.EXISTS:
            return [{"$exists": value} for value in condition.values]
        case _:
            return list(_ordered(condition, kind, name))


def _equal(readings: list[Reading]) -> list[Operators]:
    values = [each for each in readings if not isinstance(each, tuple) and each is not None]
    found: list[Operators] = [{"$gte": each[0], "$lte": each[1]} for each in readings if isinstance(each, tuple)]
    if values:
        found.append({"$eq": values[0]} if len(values) == 1 else {"$in": values})
    if None in readings:
        found.append({"$type": "null"})  # To equal null is to be missing, too.
    return found


def _ordered(condition: Condition, kind: str, name: str) -> Iterator[Operators]:
    if kind in _TYPELESS:
        raise InvalidQuery(f"'{name}' is {_a(kind)} and has no order; compare it with '=' or '.ne'")
    for value in condition.values:
        for reading in _readings(value, condition, kind, name):
            bound = reading[0] if isinstance(reading, tuple) else reading
            has_order = bound is not None and not isinstance(bound, bool)
            yield {f"${condition.operator}": bound} if has_order else NEVER


def _readings(value: Value, condition: Condition, kind: str, name: str) -> list[Reading]:
    """What a value of a condition may stand for: several where any JSON value may be stored, else one."""
    if condition.typed and not (kind == "date-time" and isinstance(value, str)):
        return [value]
    read = _READERS.get(kind)
    return read(str(value), name) if read else [value]


def _moment(value: str, name: str) -> list[Reading]:
    try:
        return [dates.day(value) or dates.instant(moment(value))]
    except ValueError:
        told = f"'{shortened(value, 60)}' should be like 2024-05-01T10:00:00Z or 2024-05-01"
        raise InvalidQuery(f"'{name}' is a date-time: {told}") from None


def _boolean(value: str, name: str) -> list[Reading]:
    if value not in ("true", "false"):
        raise InvalidQuery(f"'{name}' is true or false, not '{shortened(value, 60)}'")
    return [value == "true"]


def _number(value: str, name: str) -> list[Reading]:
    found = number(value)
    if found is None:
        raise InvalidQuery(f"'{name}' is a number, not '{shortened(value, 60)}'")
    return [found]


def _anything(value: str, _name: str) -> list[Reading]:
    found = number(value)
    readings: list[Reading] = [value]
    if found is not None:
        readings.append(found)
    if value in ("true", "false"):
        readings.append(value == "true")
    return readings


_READERS: Mapping[str, Callable[[str, str], list[Reading]]] = {
    "any": _anything,
    "boolean": _boolean,
    "date-time": _moment,
    "integer": _number,
    "number": _number,
}


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"
