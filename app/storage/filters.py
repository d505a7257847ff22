"""Attribute conditions as MongoDB filters, built from explicit operators only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import dates
from app.domain.matching import moment, number
from app.domain.query import Path
from app.errors import InvalidQuery, shortened

Filter = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """Where a condition looks: the stored `path`, the innermost array on it (`within`), and what is kept there."""

    name: str
    path: Path
    kind: str
    within: Path = ()


def clause(target: Target, values: Sequence[str]) -> Filter:
    """The filter that holds where `target` equals one of `values`, in any element where the path crosses an array.

    Raises `InvalidQuery` for a value that the attribute's type cannot have.
    """
    match target.kind:
        case "date-time":
            return _any_of([_moment(target, value) for value in values])
        case "boolean":
            return _equal(target, [_boolean(target, value) for value in values])
        case "integer" | "number":
            return _equal(target, [_number(target, value) for value in values])
        case "any":
            return _equal(target, [reading for value in values for reading in _readings(value)])
        case _:
            return _equal(target, list(values))


def identified(ids: Iterable[str]) -> Filter:
    """The filter on the documents with these ids."""
    return {"_id": {"$in": list(ids)}}


def every(clauses: Sequence[Filter]) -> Filter:
    """The filter that holds where all of `clauses` do."""
    return {"$and": list(clauses)} if len(clauses) > 1 else dict(*clauses)


def field(path: Path) -> str:
    """The name by which MongoDB knows a path of the stored document."""
    return ".".join(("document", *path))


def _equal(target: Target, wanted: list[Any]) -> Filter:
    return {field(target.path): {"$eq": wanted[0]} if len(wanted) == 1 else {"$in": wanted}}


def _any_of(clauses: list[Filter]) -> Filter:
    return clauses[0] if len(clauses) == 1 else {"$or": clauses}


def _moment(target: Target, value: str) -> Filter:
    try:
        whole_day = dates.day(value)
        if whole_day is None:
            return _equal(target, [dates.instant(moment(value))])
    except ValueError:
        example = "2024-05-01T10:00:00Z or 2024-05-01"
        raise InvalidQuery(
            f"'{target.name}' is a date-time: '{shortened(value, 60)}' should be like {example}"
        ) from None
    return _between(target, {"$gte": whole_day[0], "$lte": whole_day[1]})


def _between(target: Target, bounds: Filter) -> Filter:
    """Both bounds on the same element: without `$elemMatch` two elements could satisfy one each."""
    if not target.within:
        return {field(target.path): bounds}
    rest = target.path[len(target.within) :]
    return {field(target.within): {"$elemMatch": {".".join(rest): bounds} if rest else bounds}}


def _boolean(target: Target, value: str) -> bool:
    if value not in ("true", "false"):
        raise InvalidQuery(f"'{target.name}' is true or false, not '{shortened(value, 60)}'")
    return value == "true"


def _number(target: Target, value: str) -> int | float:
    found = number(value)
    if found is None:
        raise InvalidQuery(f"'{target.name}' is a number, not '{shortened(value, 60)}'")
    return found


def _readings(value: str) -> list[Any]:
    """What a text may stand for where any JSON value may be stored."""
    found = number(value)
    readings: list[Any] = [value]
    if found is not None:
        readings.append(found)
    if value in ("true", "false"):
        readings.append(value == "true")
    return readings
