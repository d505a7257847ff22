# SPDX-License-Identifier: Apache-2.0
"""The sort order of a list in MongoDB, and the filter on what comes behind a position in it (keyset pagination)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bson import Binary, MaxKey

from app.domain.query.cursor import Position, Scalar, is_scalar
from app.domain.query.predicates import Path
from app.storage.documents.expressions import Expression, with_member
from app.storage.documents.filters import DOCUMENT, Filter

BRACKETS = ("number", "string", "object", "bool", "date")
"""The BSON types of stored values in MongoDB's order. Missing and null come before all of them; an array has the
place of one of its elements."""

COMPUTED = "_order"
"""The member of a row, within the pipeline alone, that has the copy with computed sort keys."""

_LARGEST_OBJECT = {"": MaxKey()}
_LEAST_BINARY = Binary(b"")


@dataclass(frozen=True)
class Key:
    """A sort key: a stored path, or the expression `said`, computed for each object at that path."""

    path: Path
    descending: bool = False
    said: Expression | None = None


@dataclass(frozen=True)
class Order:
    """A sort order by `keys`, the most significant first, and by id where all keys are equal.

    `seekable` when the position of a document follows from one stored value for each key: no key crosses an array, and
    none is computed. `root` is the path in a row from which the paths of the keys begin.
    """

    keys: tuple[Key, ...] = ()
    descending: bool = False
    seekable: bool = True
    root: Path = DOCUMENT

    @property
    def sort(self) -> list[tuple[str, int]]:
        """The order as the driver's `sort`, for rows after the stages of `computing`."""
        names = self._computed_names() if self.computed else map(self._field, self.keys)
        keys = [(name, -1 if key.descending else 1) for name, key in zip(names, self.keys, strict=True)]
        return [*keys, ("_id", -1 if self.descending else 1)]

    @property
    def computed(self) -> bool:
        """Whether a key is computed, so that the order takes an aggregation."""
        return any(key.said is not None for key in self.keys)

    def computing(self) -> list[Filter]:
        """The stages before `sort`: they copy all members that it reads into `COMPUTED`, with the computed keys."""
        if not self.computed:
            return []
        # In the copy computed values are members, so that arrays of them are ordered like stored ones.
        copy: Expression = f"${'.'.join(self.root)}" if self.root else "$$ROOT"
        for number, key in enumerate(self.keys):
            if key.said is not None:
                copy = with_member(copy, key.path, _member(number), key.said)
        return [{"$set": {COMPUTED: copy}}]

    @property
    def attributes(self) -> frozenset[str]:
        """The first-level attributes of stored documents that `position` reads."""
        return frozenset(key.path[0] for key in self.keys if key.said is None)

    def position(self, id: str | int, document: Mapping[str, Any]) -> Position | None:
        """The position of a document; None when its values do not determine it."""
        values = [_value(document, key.path) for key in self.keys]
        return Position(tuple(values), id) if self.seekable and all(map(is_scalar, values)) else None

    def behind(self, place: Position) -> Filter:
        """The filter on all documents behind `place`, for which an index on the keys is used.

        It may match more: documents with an array at a key that come before `place`; these are the first rows.
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
"""The order by id: that of creation, but for ids that clients chose."""


def _above(value: Scalar) -> Iterator[Filter]:
    """Filters on what comes behind `value` in ascending order; MongoDB's ranges match values of one type only."""
    if value is None:
        yield {"$type": list(BRACKETS)}
        return
    yield {"$gt": value}
    if higher := BRACKETS[BRACKETS.index(_bracket(value)) + 1 :]:
        yield {"$type": list(higher)}


def _below(value: Scalar) -> Iterator[Filter]:
    """Filters on what comes behind `value` in descending order."""
    if value is None:
        return
    yield {"$lt": value}
    if lower := BRACKETS[: BRACKETS.index(_bracket(value))]:
        yield {"$type": list(lower)}
    yield {"$eq": None}


def _holds_array(name: str) -> Filter:
    """The filter on documents with an array at a path or on the way there, by the place of arrays in an index.

    `$type` would read every document.
    """
    value = f"${name}"
    bounds = [{"$gt": [value, {"$literal": _LARGEST_OBJECT}]}, {"$lt": [value, {"$literal": _LEAST_BINARY}]}]
    return {"$expr": {"$and": bounds}}


def _member(number: int) -> str:
    """The name, in the copy, of the member with the computed key of that number."""
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
