# SPDX-License-Identifier: Apache-2.0
"""Restriction: the part of a resource that a principal may see and change (object and property level authorization).

Which documents, a predicate of the filter algebra says (ADR 0006): lists have it in their query, all else asks it of a
stored document.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from app.domain.query.matching import matches
from app.domain.query.predicates import Condition, Element, Operator, Path, Predicate, either, every

READ, UPDATE, DELETE = RELATED = ("read", "update", "delete")
"""What a party may do to a document that it is related to."""

ANY_ROLE = "*"

OWN_ID: Path = ("id",)
"""The path by which a party is its own owner."""

NOBODYS: Predicate = Condition(OWN_ID, Operator.EQ, (), typed=True, resolved=True)
"""The predicate that holds on no document."""


class RoleCredentials(NamedTuple):
    """What taking part in a role needs (eTOM 1.6.9): a `scope`, a login of one of the classes `acr`, and one that was
    not longer ago than `max_age` seconds. Empty, or None, where that does not matter."""

    scope: str = ""
    acr: tuple[str, ...] = ()
    max_age: int | None = None


class SensitiveElements(NamedTuple):
    """The elements of the array in the stored first-level `attribute` whose `member` is `text`, such as the
    characteristics of one name; whoever has the `scope` sees them."""

    attribute: str
    member: str
    text: str
    scope: str

    def has(self, element: object) -> bool:
        """Whether an element of the array is one of these."""
        return isinstance(element, dict) and element.get(self.member) == self.text


@dataclass(frozen=True)
class OwnerPath:
    """A path in stored documents that leads to the id of a party, whose the document is (`x-owner`).

    With a `role`, the path of the role that this party has there, it may do what its role `allows`; `ANY_ROLE` stands
    for all that are not named. Without one it may do all. Some roles need `credentials`.
    """

    party: Path
    role: Path = ()
    allows: Mapping[str, Collection[str]] = field(default_factory=dict)
    credentials: Mapping[str, RoleCredentials] = field(default_factory=dict)

    def predicate(self, parties: Iterable[str], verb: str, unmet: Collection[str] = ()) -> Predicate | None:
        """Holds on documents to which one of the `parties` may do that; None if it may to none.

        It has not the credentials for the `unmet` roles, and may do nothing in them.
        """
        if not self.role:
            return _is_one_of(self.party, tuple(sorted(parties)))
        allowing = {each for each, verbs in self.allows.items() if verb in verbs}
        named = {*self.allows, *unmet} - {ANY_ROLE}
        allowed = allowing.difference(unmet, {ANY_ROLE})
        if ANY_ROLE in allowing:
            return self._in_role(parties, Operator.NE, named - allowed)
        return self._in_role(parties, Operator.EQ, allowed) if allowed else None

    def in_role(self, parties: Iterable[str], role: str) -> Predicate:
        """Holds on documents in which one of the `parties` has this role."""
        return self._in_role(parties, Operator.EQ, {role})

    def _in_role(self, parties: Iterable[str], operator: Operator, roles: Iterable[str]) -> Predicate:
        """Holds on documents with an element that has one of the parties, and a role that compares so."""
        holder = _common(self.party, self.role)
        party = _is_one_of(self.party[len(holder) :], tuple(sorted(parties)))
        role = Condition(self.role[len(holder) :], operator, tuple(sorted(roles)), typed=True, resolved=True)
        return Element(holder, every([party, role]))


def owner_predicate(
    owners: Iterable[OwnerPath], parties: Collection[str], verb: str, unmet: Collection[str] = ()
) -> Predicate:
    """Holds on the stored documents to which one of the `parties` may do that, by any of the paths."""
    found = [each for owner in owners if (each := owner.predicate(parties, verb, unmet)) is not None]
    return either(found) if found and parties else NOBODYS


@dataclass(frozen=True)
class Restriction:
    """What a principal may see and change of one resource.

    `owned` are predicates on stored documents, by what it may do to them (`RELATED`); None for one that is bound to no
    party. `hidden` are the stored first-level attributes that it does not see, each with the scope that would show it;
    `hidden_elements` what it does not see in arrays of which it sees the rest.
    `unmet` are the roles for which it lacks the credentials: these, and the predicate on documents in which it has such
    a role.
    """

    owned: Mapping[str, Predicate] | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)
    unmet: Mapping[str, tuple[RoleCredentials, Predicate]] = field(default_factory=dict)
    hidden_elements: Sequence[SensitiveElements] = ()

    def permits(self, verb: str, id: str, document: Mapping[str, Any]) -> bool:
        """Whether the principal may do that to this stored document."""
        return self.owned is None or matches(self.owned[verb], {**document, "id": id})

    def unmet_roles(self, id: str, document: Mapping[str, Any]) -> set[str]:
        """The roles that the principal has in a stored document without the credentials for them."""
        whole = {**document, "id": id}
        return {role for role, (_, predicate) in self.unmet.items() if matches(predicate, whole)}

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
