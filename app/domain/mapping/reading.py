# SPDX-License-Identifier: Apache-2.0
"""Readings: the places of a stored object in which the value of a shown attribute may be, for filters and sorts."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.mapping.residue import MEMORY
from app.domain.query.predicates import (
    EVERYTHING,
    Condition,
    Negation,
    Operator,
    Path,
    Predicate,
    Value,
    every,
)


@dataclass(frozen=True)
class Reading:
    """Where the conditions `when` hold on the stored object at `holder`, its value at `source` is shown, or `constant`.

    At most one of the readings of an attribute applies to an object.
    """

    when: Predicate = EVERYTHING
    source: Path | None = None
    constant: Value = None
    holder: Path = ()


def exists(*path: str) -> Condition:
    """The condition that there is a value at the path."""
    return Condition(path, Operator.EXISTS, (True,), typed=True)


def is_one_of(name: str, values: Iterable[str]) -> Condition:
    """The condition that the member is one of these texts."""
    return Condition((name,), Operator.EQ, tuple(values), typed=True)


def stored_reading(name: str, when: Predicate = EVERYTHING) -> Reading:
    """The reading of a stored member; does not apply where the residue has another value, or none, for it."""
    return Reading(every([Negation(exists(MEMORY, "set", name)), not_dropped(name), when]), (name,))


def remembered_reading(name: str) -> Reading:
    """The reading of a member in the residue."""
    return Reading(source=(MEMORY, "set", name))


def not_dropped(name: str) -> Condition:
    """The condition that the residue does not say that the client sent no such member."""
    return Condition((MEMORY, "drop"), Operator.NE, (name,), typed=True)


def derived_readings(name: str, cases: Iterable[Reading]) -> list[Reading]:
    """The readings of a member that is shown as it is stored, else as the `cases` derive it."""
    absent: list[Predicate] = [Negation(exists(name)), not_dropped(name)]
    return [stored_reading(name), *(Reading(every([*absent, case.when]), case.source, case.constant) for case in cases)]
