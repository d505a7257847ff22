# SPDX-License-Identifier: Apache-2.0
"""Translates the sort keys of a list into an order of rows, through the mapping of the called version."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from app.domain.query.attributes import ANY
from app.domain.query.paths import is_index
from app.domain.query.predicates import Path
from app.domain.query.sorting import SortKey
from app.errors import InvalidQuery, shorten
from app.resources.lists.list_source import ListSource
from app.resources.lists.readings import value_expression
from app.storage.documents.expressions import Expression
from app.storage.documents.order import Key, Order


def order_of(listed: ListSource, sort: Sequence[SortKey]) -> Order:
    """The order by the keys of `sort`, and by id, in the direction of the last key, where all keys are equal.

    Raises `InvalidQuery` for an undeclared attribute, for an object, which has no order, and for two attributes within
    different arrays, by which MongoDB cannot sort.
    """
    named = [_SortKey.of(listed, key) for key in sort]
    _refuse_apart(named)
    deciding = next((end for end, each in enumerate(named, start=1) if each.is_identity), len(named))
    keys: list[Key] = []
    for each in named[:deciding]:
        key = Key(each.place[len(listed.root) :], each.key.descending, each.said)
        # Two names may have the same stored path, but not the same computed value.
        if not (each.is_identity or any((key.path, key.said) == (other.path, other.said) for other in keys)):
            keys.append(key)
    return Order(
        keys=tuple(keys),
        descending=deciding > 0 and named[deciding - 1].key.descending,
        seekable=all(each.has_one_value for each in named[:deciding]),
        root=listed.root,
    )


@dataclass(frozen=True)
class _SortKey:
    """A sort key resolved: the `kind` of the attribute, its `place` in a row, and the path of the innermost array whose
    elements compete. With `said`, the expression that computes the key from the object at `place`."""

    key: SortKey
    kind: str
    place: Path
    within: Path
    said: Expression | None = None

    @classmethod
    def of(cls, listed: ListSource, key: SortKey) -> "_SortKey":
        passed = listed.attributes.along(key.path)
        if passed[-1].kind == "object":
            members = ", ".join(sorted(passed[-1].members)) or "it is open and declares none"
            message = f"'{shorten(key.name, 60)}' is an object; sort by an attribute within it"
            raise InvalidQuery(f"{message}: {shorten(members, 300)}")
        crossed = [
            end
            for end, attribute in enumerate(passed, start=1)
            if attribute.array and not any(map(is_index, key.path[end - 1 : end + 1]))
        ]
        within = key.path[: crossed[-1]] if crossed else ()
        if readings := listed.readings(key.path):
            return cls(key, passed[-1].kind, readings[0].holder, within, value_expression(readings))
        return cls(key, passed[-1].kind, listed.place(key.path), within)

    @property
    def is_identity(self) -> bool:
        """Whether the key is unique: the id."""
        return self.place == ("_id",)

    @property
    def has_one_value(self) -> bool:
        """Whether a document has at most one stored value for the key, as a cursor needs."""
        return self.said is None and self.kind != ANY and not self.within and not any(map(is_index, self.key.path))


def _refuse_apart(named: Sequence[_SortKey]) -> None:
    for one, other in combinations([each for each in named if each.within], 2):
        shorter = min(len(one.within), len(other.within))
        if one.within[:shorter] != other.within[:shorter]:
            names = f"'{shorten(one.key.name, 60)}' and '{shorten(other.key.name, 60)}'"
            raise InvalidQuery(f"{names} lie within different arrays; sort by one of them at a time")
