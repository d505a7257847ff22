# SPDX-License-Identifier: Apache-2.0
"""The disjunctive normal form of a predicate: alternatives, each a conjunction of literals."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from app.domain.query.predicates import Condition, Either, Element, Every, Length, Negation, Predicate
from app.errors import InvalidQuery

MOST = 200
"""Alternatives at most: their number doubles with every choice in a predicate."""

Test = Condition | Length | Element


@dataclass(frozen=True)
class Literal:
    """A test, or its negation: `holds` tells whether it has to be true."""

    test: Test
    holds: bool = True

    @property
    def predicate(self) -> Predicate:
        """The literal as a predicate."""
        return self.test if self.holds else Negation(self.test)


def alternatives(predicate: Predicate, holds: bool = True) -> list[list[Literal]]:
    """The conjunctions one of which is true where `predicate` is; with `holds` false, where it is not.

    Raises `InvalidQuery` when they are too many.
    """
    match predicate:
        case Negation(part=part):
            return alternatives(part, not holds)
        case Every(parts=parts) | Either(parts=parts):
            each = [alternatives(part, holds) for part in parts]
            return (
                _distribute(each) if isinstance(predicate, Every) is holds else [group for one in each for group in one]
            )
        case _:
            return [[Literal(predicate, holds)]]


def level(predicate: Predicate) -> Iterator[Test]:
    """The tests of `predicate`, without those inside a test on the elements of an array."""
    match predicate:
        case Negation(part=part):
            yield from level(part)
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from level(part)
        case _:
            yield predicate


def _distribute(parts: list[list[list[Literal]]]) -> list[list[Literal]]:
    if prod(map(len, parts)) > MOST:
        raise InvalidQuery(
            f"A filter on the elements of an array has more than {MOST} alternatives; write a simpler one"
        )
    return [[literal for group in chosen for literal in group] for chosen in product(*parts)]
