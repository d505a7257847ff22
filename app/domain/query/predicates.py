# SPDX-License-Identifier: Apache-2.0
"""What a filter says of a document: one small algebra, whichever notation it was written in."""

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
    """A regular expression of this server's own, in Perl's dialect: the database takes it as it is.

    It ends in any text, and is not for what evaluates a client's expressions.
    """

    __slots__ = ()


Value = str | int | float | bool | None


class Span(NamedTuple):
    """The instants that a text names: one, which is `first` and `last`, or those of a UTC day."""

    first: datetime
    last: datetime


class Spellings(NamedTuple):
    """The texts that mean one `term`, in lower case: in a document it may have any letter case."""

    term: str
    texts: frozenset[str]


Operand = Value | Span | Spellings
"""What a value of a document is compared with."""


class Operator(StrEnum):
    """How the values that a path leads to are compared; the text is the suffix of TMF630's attribute filters."""

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
    true or false. Values are texts to be read by the attribute's type, unless they are `typed`: JSON values as such.
    In a `resolved` condition they have been read by what is declared: whatever is neither `Span` nor `Spellings` is
    just that value.
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
    """One and the same element of the array at `path` is as `holds` says; paths in there begin at the element.

    The empty path is the element itself. What is no array has no elements.
    """

    path: Path
    holds: "Predicate"


@dataclass(frozen=True)
class Every:
    """All of `parts` hold; of no parts, that is true."""

    parts: tuple["Predicate", ...] = ()


@dataclass(frozen=True)
class Either:
    """At least one of `parts` holds."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True)
class Negation:
    """`part` does not hold."""

    part: "Predicate"


Predicate = Condition | Length | Element | Every | Either | Negation

EVERYTHING = Every()
"""Holds on every document."""


def every(parts: Iterable[Predicate]) -> Predicate:
    """All of `parts` hold; of one, that is the part itself."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Every) else (part,))]
    return flat[0] if len(flat) == 1 else Every(tuple(flat))


def either(parts: Iterable[Predicate]) -> Predicate:
    """At least one of `parts` holds; of one, that is the part itself."""
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
    """The whole path of every array that `predicate` asks for an element of."""
    match predicate:
        case Element(path=path, holds=holds):
            yield (*above, *path)
            yield from arrays(holds, (*above, *path))
        case Negation(part=part):
            yield from arrays(part, above)
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from arrays(part, above)
