# SPDX-License-Identifier: Apache-2.0
"""Restriction: the part of a resource that a principal may see and change (object and property level authorization).

Which documents, a predicate of the filter algebra says (ADR 0006): lists have it in their query, all else asks it of a
stored document.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.domain.query.matching import matches
from app.domain.query.predicates import Condition, Element, Operator, Path, Predicate, either, every

READ, UPDATE, DELETE = RELATED = ("read", "update", "delete")
"""What a party may do to a document that it is related to."""

ANY_ROLE = "*"

NOBODYS: Predicate = Condition(("id",), Operator.EQ, (), typed=True, resolved=True)
"""The predicate that holds on no document."""


@dataclass(frozen=True)
class OwnerPath:
    """A path in stored documents that leads to the id of a party, whose the document is (`x-owner`).

    With a `role`, the path of the role that this party has there, it may do what its role `allows`; `ANY_ROLE` stands
    for all that are not named. Without one it may do all.
    """

    party: Path
    role: Path = ()
    allows: Mapping[str, Collection[str]] = field(default_factory=dict)

    def predicate(self, parties: Iterable[str], verb: str) -> Predicate | None:
        """Holds on documents to which one of the `parties` may do that; None if it may to none."""
        named = tuple(sorted(parties))
        if not self.role:
            return _is_one_of(self.party, named)
        holder = _common(self.party, self.role)
        role = self._role_condition(self.role[len(holder) :], verb)
        if role is None:
            return None
        return Element(holder, every([_is_one_of(self.party[len(holder) :], named), role]))

    def _role_condition(self, role: Path, verb: str) -> Predicate | None:
        allowing = {each for each, verbs in self.allows.items() if verb in verbs}
        named = self.allows.keys() - {ANY_ROLE}
        if ANY_ROLE not in allowing:
            return _is_one_of(role, tuple(sorted(allowing))) if allowing else None
        return Condition(role, Operator.NE, tuple(sorted(named - allowing)), typed=True, resolved=True)


def owner_predicate(owners: Iterable[OwnerPath], parties: Collection[str], verb: str) -> Predicate:
    """Holds on the stored documents to which one of the `parties` may do that, by any of the paths."""
    found = [each for owner in owners if (each := owner.predicate(parties, verb)) is not None]
    return either(found) if found and parties else NOBODYS


@dataclass(frozen=True)
class Restriction:
    """What a principal may see and change of one resource.

    `owned` are predicates on stored documents, by what it may do to them (`RELATED`); None for one that is bound to no
    party. `hidden` are the stored first-level attributes that it does not see, each with the scope that would show it.
    """

    owned: Mapping[str, Predicate] | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)

    def permits(self, verb: str, id: str, document: Mapping[str, Any]) -> bool:
        """Whether the principal may do that to this stored document."""
        return self.owned is None or matches(self.owned[verb], {**document, "id": id})

    @cached_property
    def read(self) -> Predicate | None:
        """The predicate on the documents that the principal sees; None where it sees all."""
        return None if self.owned is None else self.owned[READ]


def _is_one_of(path: Path, texts: tuple[str, ...]) -> Predicate:
    return Condition(path, Operator.EQ, texts, typed=True, resolved=True)


def _common(one: Path, other: Path) -> Path:
    """The path of the object or array that both paths lead through."""
    shared = 0
    while one[:-1][shared : shared + 1] == other[:-1][shared : shared + 1] != ():
        shared += 1
    return one[:shared]
