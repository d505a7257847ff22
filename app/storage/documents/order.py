# SPDX-License-Identifier: Apache-2.0
"""The order of a list in the database, and the filter on what stands behind a place in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bson import Binary, MaxKey

from app.domain.query.cursor import Position, Scalar, is_scalar
from app.domain.query.predicates import Path
from app.storage.documents.expressions import Expression, with_member
from app.storage.documents.filters import DOCUMENT, Filter

BRACKETS = ("number", "string", "object", "bool", "date")
"""The types of stored values, as the database orders them: what is missing or null is before all, and no array among
them, as it has the place of one of its elements."""

COMPUTED = "_order"
"""Where a row, while it is sorted, has the copy that tells computed values; no row leaves the database with it."""

_LARGEST_OBJECT = {"": MaxKey()}
_LEAST_BINARY = Binary(b"")


@dataclass(frozen=True)
class Key:
    """A stored path that a list is ordered by; or what the expression `said` says of each object at that path."""

    path: Path
    descending: bool = False
    said: Expression | None = None


@dataclass(frozen=True)
class Order:
    """Documents in the order of `keys`, the first of them first; where all are the same, in that of their ids.

    `seekable` is whether a document's place follows from one stored value for each key: no key crosses an array, and
    none is computed. `root` is where in a row the paths of the keys begin.
    """

    keys: tuple[Key, ...] = ()
    descending: bool = False
    seekable: bool = True
    root: Path = DOCUMENT

    @property
    def sort(self) -> list[tuple[str, int]]:
        """The order as the driver takes it, of rows that have been through `computing`."""
        names = self._computed_names() if self.computed else map(self._field, self.keys)
        keys = [(name, -1 if key.descending else 1) for name, key in zip(names, self.keys, strict=True)]
        return [*keys, ("_id", -1 if self.descending else 1)]

    @property
    def computed(self) -> bool:
        """Whether there is a key that is not stored, so that only an aggregation makes the order."""
        return any(key.said is not None for key in self.keys)

    def computing(self) -> list[Filter]:
        """The stages that `sort` needs before it: they put all that it looks at into `COMPUTED`."""
        if not self.computed:
            return []
        # A copy in which the computed values are members, so that arrays are ordered as those that are stored.
        copy: Expression = f"${'.'.join(self.root)}" if self.root else "$$ROOT"
        for number, key in enumerate(self.keys):
            if key.said is not None:
                copy = with_member(copy, key.path, _member(number), key.said)
        return [{"$set": {COMPUTED: copy}}]

    @property
    def attributes(self) -> frozenset[str]:
        """The first-level attributes of stored documents that tell their places."""
        return frozenset(key.path[0] for key in self.keys if key.said is None)

    def position(self, id: str | int, document: Mapping[str, Any]) -> Position | None:
        """The place of a document; None when its values do not tell it."""
        values = [_value(document, key.path) for key in self.keys]
        return Position(tuple(values), id) if self.seekable and all(map(is_scalar, values)) else None

    def behind(self, place: Position) -> Filter:
        """The filter on all documents behind `place`, which an index on the keys serves.

        It may find more: documents with an array at a key that stand before `place`; these come first of all.
        """
        return {"$or": list(self._branches(place))} if self.keys else self._later(place.id)

    def _branches(self, place: Position) -> Iterator[Filter]:
        same: Filter = {}
        for key, value in zip(self.keys, place.values, strict=True):
            name = self._field(key)
            for bounds in _below(value) if key.descending else _above(value):
                yield {**same, name: bounds}
            yield {**same, **_holds_array(name)}
            same[name] = {"$eq": value}
        yield {**same, **self._later(place.id)}

    def _later(self, id: str | int) -> Filter:
        return {"_id": {"$lt" if self.descending else "$gt": id}}

    def _computed_names(self) -> Iterator[str]:
        for number, key in enumerate(self.keys):
            yield ".".join((COMPUTED, *key.path, *(() if key.said is None else (_member(number),))))

    def _field(self, key: Key) -> str:
        return ".".join((*self.root, *key.path))


BY_ID = Order()
"""That of creation, but for ids that clients chose."""


def _above(value: Scalar) -> Iterator[Filter]:
    """The ranges of all that comes behind `value` in ascending order; a range by itself stays within one type."""
    if value is None:
        yield {"$type": list(BRACKETS)}
        return
    yield {"$gt": value}
    if higher := BRACKETS[BRACKETS.index(_bracket(value)) + 1 :]:
        yield {"$type": list(higher)}


def _below(value: Scalar) -> Iterator[Filter]:
    """The ranges of all that comes behind `value` in descending order."""
    if value is None:
        return
    yield {"$lt": value}
    if lower := BRACKETS[: BRACKETS.index(_bracket(value))]:
        yield {"$type": list(lower)}
    yield {"$eq": None}


def _holds_array(name: str) -> Filter:
    """What has an array at the end of a path or on the way there: between objects and binary data, for an index.

    `$type` would ask every document.
    """
    value = f"${name}"
    bounds = [{"$gt": [value, {"$literal": _LARGEST_OBJECT}]}, {"$lt": [value, {"$literal": _LEAST_BINARY}]}]
    return {"$expr": {"$and": bounds}}


def _member(number: int) -> str:
    """The member that has the value of the computed key of that number, in the copy alone."""
    return f"_{number}"


def _bracket(value: Scalar) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else "date"


def _value(document: Any, path: Path) -> Any:
    """The value at a path, None where there is none; an array on the way is the value."""
    for segment in path:
        if not isinstance(document, Mapping):
            return document if isinstance(document, list) else None
        document = document.get(segment)
    return document
