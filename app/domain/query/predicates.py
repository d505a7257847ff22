# SPDX-License-Identifier: Apache-2.0
"""Predicates: the algebra of filters, whichever notation a filter is written in (ADR 0006)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

Path = tuple[str, ...]
"""The names that lead to an attribute; a number among them is the index of an array's element."""


class Index(str):
    """A number in a path that addresses an element of an array, and never a member of an object of that name."""

    __slots__ = ()


class Perl(str):
    """A regular expression of the server's own in Perl's dialect (PCRE), for the database alone.

    It terminates quickly on any text, so it needs none of the checks of clients' expressions.
    """

    __slots__ = ()


Value = str | int | float | bool | None


class Span(NamedTuple):
    """A closed interval of instants: a single one, which is `first` and `last`, or a whole UTC day."""

    first: datetime
    last: datetime


class Spellings(NamedTuple):
    """The texts that mean one `term`, in lower case; in documents they may be in any letter case."""

    term: str
    texts: frozenset[str]


Operand = Value | Span | Spellings
"""The right side of a comparison with a value of a document."""


class Operator(StrEnum):
    """The operators of comparisons; their texts are the suffixes of attribute filters (TMF630 part 1)."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    REGEX = "regex"
    EXISTS = "exists"


@dataclass(frozen=True)
class Condition:
    """The attribute at `path` compares with one of `values`, in any element where the path crosses an array.

    `NE` holds where no value at the path equals any of `values`, also where there is none; `EXISTS` has the one value
    true or false. Values are texts to be parsed by the attribute's type, unless they are `typed`: JSON values.
    In a `resolved` condition they have been parsed by the declared type, into JSON values, `Span` or `Spellings`.
    """

    path: Path
    operator: Operator
    values: tuple[Operand, ...]
    typed: bool = False
    resolved: bool = False

    @property
    def name(self) -> str:
        """The path as clients write it."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Length:
    """The number of elements of the array at `path`, or of characters of the text there, compares with `number`."""

    path: Path
    operator: Operator
    number: int


@dataclass(frozen=True)
class Element:
    """The predicate `holds` is true of one element of the array at `path`; paths within it begin at the element.

    There the empty path is the element itself. A value that is no array has no elements.
    """

    path: Path
    holds: "Predicate"


@dataclass(frozen=True)
class Every:
    """A conjunction: all of `parts` hold; true when there are none."""

    parts: tuple["Predicate", ...] = ()


@dataclass(frozen=True)
class Either:
    """A disjunction: at least one of `parts` holds."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True)
class Negation:
    """A negation: `part` does not hold."""

    part: "Predicate"


Predicate = Condition | Length | Element | Every | Either | Negation

EVERYTHING = Every()
"""The predicate that holds on every document."""


def every(parts: Iterable[Predicate]) -> Predicate:
    """The conjunction of `parts`; a single part itself."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Every) else (part,))]
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def either(parts: Iterable[Predicate]) -> Predicate:
    """The disjunction of `parts`; a single part itself."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def comparisons(predicate: Predicate, above: Path = ()) -> Iterator[tuple[Path, Condition | Length]]:
    """Every comparison in `predicate`, with the whole path from the document to what it compares."""
    match predicate:
        case Condition(path=path) | Length(path=path):
            yield (*above, *path), predicate
        case Element(path=path, holds=holds):
            yield from comparisons(holds, (*above, *path))
        case Negation(part=part):
            yield from comparisons(part, above)
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from comparisons(part, above)


def arrays(predicate: Predicate, above: Path = ()) -> Iterator[Path]:
    """The whole path of every array in `predicate` of which an element is tested (`Element`)."""
    match predicate:
        case Element(path=path, holds=holds):
            yield (*above, *path)
            yield from arrays(holds, (*above, *path))
        case Negation(part=part):
            yield from arrays(part, above)
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from arrays(part, above)
