# SPDX-License-Identifier: Apache-2.0
"""Where the value is that a view shows: in one place of the stored object or another, or in none of them."""

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
    """In the stored object at `holder`, where `when` holds of it, the value at its `source` is shown, else `constant`.

    Of the readings of one attribute at most one finds a value.
    """

    when: Predicate = EVERYTHING
    source: Path | None = None
    constant: Value = None
    holder: Path = ()


def exists(*path: str) -> Condition:
    """There is something at the path."""
    return Condition(path, Operator.EXISTS, (True,), typed=True)


def is_one_of(name: str, values: Iterable[str]) -> Condition:
    """The member is one of these texts."""
    return Condition((name,), Operator.EQ, tuple(values), typed=True)


def stored_reading(name: str, when: Predicate = EVERYTHING) -> Reading:
    """The stored member, unless the view remembers that its client sent another, or none."""
    return Reading(every([Negation(exists(MEMORY, "set", name)), not_dropped(name), when]), (name,))


def remembered_reading(name: str) -> Reading:
    """What the view remembers of the member."""
    return Reading(source=(MEMORY, "set", name))


def not_dropped(name: str) -> Condition:
    """The view does not remember that its client sent no such member."""
    return Condition((MEMORY, "drop"), Operator.NE, (name,), typed=True)


def derived_readings(name: str, cases: Iterable[Reading]) -> list[Reading]:
    """The stored member, else what `cases` say."""
    absent: list[Predicate] = [Negation(exists(name)), not_dropped(name)]
    return [stored_reading(name), *(Reading(every([*absent, case.when]), case.source, case.constant) for case in cases)]
