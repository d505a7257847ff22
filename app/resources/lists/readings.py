# SPDX-License-Identifier: Apache-2.0
"""Values that a view takes from several places: their filter, and the expression that computes them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.mapping.reading import Reading
from app.domain.query.matching import matches
from app.domain.query.predicates import Condition, Either, Every, Length, Negation, Operator, Path, Predicate
from app.errors import NotSupported
from app.storage.documents.expressions import Expression, holds, is_there, value_at
from app.storage.documents.filters import Filter, Target, any_of, clause, every, length_filter, none_of

Test = Condition | Length


def filter_of_readings(
    test: Test, readings: Sequence[Reading], target: Callable[[Path], Target], array: Path, base: Path, name: str
) -> Filter:
    """The filter of `test`, which is no negation, on the value that one of `readings` gives.

    `target` gives the attribute at a path. `array` leads from `base` to the innermost array above the value, empty when
    there is none. Raises `NotSupported` for a reading outside `base`.
    """
    filters = []
    for reading in readings:
        if reading.holder[: len(base)] != base:
            raise NotSupported(f"'{name}' is not kept together with its array; filter by it without brackets")
        holder = reading.holder[len(base) + len(array) :]
        if (value := _value(test, reading, holder, target)) is not None:
            whole = every([each for each in (_when(reading.when, holder), value) if each])
            filters.append({".".join(array): {"$elemMatch": whole}} if array else whole)
    return any_of(filters)


def value_expression(readings: Sequence[Reading]) -> Expression:
    """The `$switch` expression of `readings` with the same holder, on the object there; null where none applies."""
    branches = []
    for reading in readings:
        if reading.source is None:
            branches.append({"case": holds(reading.when), "then": {"$literal": reading.constant}})
        else:
            value = value_at(reading.source)
            branches.append({"case": {"$and": [holds(reading.when), is_there(value)]}, "then": value})
    return {"$switch": {"branches": branches, "default": None}}


def _value(test: Test, reading: Reading, holder: Path, target: Callable[[Path], Target]) -> Filter | None:
    """The filter of `test` on the value of a reading; None when its constant does not satisfy it."""
    if reading.source is None:
        if not matches(replace(test, path=("value",)), {"value": reading.constant}):
            return None
        return {".".join(holder): {"$type": "object"}} if holder else {}
    place = target((*holder, *reading.source))
    return clause(place, test) if isinstance(test, Condition) else length_filter(place, test)


def _when(predicate: Predicate, holder: Path) -> Filter:
    match predicate:
        case Condition(path=path):
            return clause(Target(".".join(path), (*holder, *path), "any"), predicate)
        case Negation(part=part):
            return none_of([_when(part, holder)])
        case Every(parts=parts):
            return every([_when(part, holder) for part in parts])
        case Either(parts=parts):
            return any_of([_when(part, holder) for part in parts])
        case _:
            raise TypeError(f"a reading holds by conditions, not by {predicate}")


def affirmative(test: Condition | Length) -> Condition | Length:
    """`test`, or the operand of its negation (`NE`)."""
    if test.operator is Operator.NE:
        return replace(test, operator=Operator.EQ)
    if isinstance(test, Condition) and test.operator is Operator.EXISTS and test.values == (False,):
        return replace(test, values=(True,))
    return test
