# SPDX-License-Identifier: Apache-2.0
"""Roles: which scopes each of them grants."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.domain.scopes import VERBS, covers, is_grant
from app.errors import StartError

MOST_REMEMBERED = 1000
"""Combinations of roles and scopes of which it is remembered what they grant."""
_UNADDRESSABLE = ("", ".", "..")


@dataclass(frozen=True)
class Roles:
    """What each role grants: scopes, with `*` for every resource or every verb. Tokens with one of the `bound` roles
    must name the party that they act for."""

    grants: Mapping[str, tuple[str, ...]]
    bound: frozenset[str] = frozenset()

    def grants_of(self, roles: Collection[str], scopes: Collection[str] = ()) -> frozenset[str]:
        """What the roles of a token grant together, and its own scopes. A role that is not known grants nothing."""
        asked = frozenset(roles), frozenset(scopes)
        if (grants := self._grants_by_claims.get(asked)) is None:
            if len(self._grants_by_claims) >= MOST_REMEMBERED:
                self._grants_by_claims.clear()
            grants = asked[1].union(*(self.grants.get(role, ()) for role in asked[0]))
            self._grants_by_claims[asked] = grants
        return grants

    @cached_property
    def _grants_by_claims(self) -> dict[tuple[frozenset[str], frozenset[str]], frozenset[str]]:
        """What some roles and scopes grant together: tokens differ, but hardly in these."""
        return {}

    def allow(self, role: str, scope: str) -> bool:
        """Whether a role grants the scope of an operation."""
        return covers(self.grants.get(role, ()), scope)


def read_roles(content: Mapping[str, Any], bound: Collection[str], place: str) -> Roles:
    """The roles of an access file: by name, lists of grants; `bound` are the names of some of them.

    Raises `StartError` with all that is wrong.
    """
    wrong = [f"{place}: roles.{line}" for line in _wrong(content)]
    wrong += [f"{place}: bound: there is no role '{name}'" for name in bound if name not in content]
    if wrong:
        raise StartError("\n".join(wrong))
    return Roles({name: tuple(grants) for name, grants in content.items()}, frozenset(bound))


def _wrong(content: Mapping[str, Any]) -> Iterator[str]:
    for name, grants in content.items():
        if name in _UNADDRESSABLE:
            yield f"'{name}': should be neither empty nor '.' nor '..': the role has a URL of its own"
        if not isinstance(grants, list):
            yield f"{name}: should be a list of scopes, such as ['customer:read', '*:read']"
            continue
        for grant in grants:
            if not is_grant(grant):
                yield f"{name}: '{grant}' should be a resource or *, a colon, and {', '.join(VERBS)} or *"


DEFAULT_ROLES = Roles(
    {
        "reader": ("*:read",),
        "agent": ("*:read", "*:create", "*:update", "identification:reveal"),
        "supervisor": ("*:read", "*:create", "*:update", "*:delete", "*:reveal", "topic:read", "event:read"),
        "partner": ("partyInteraction:read", "partyInteraction:create", "partyInteraction:update"),
        "integrator": ("*:read", "*:create", "*:update", "*:reveal", "hub:*", "topic:read", "event:read"),
        "auditor": ("*:read", "hub:read", "topic:read", "event:read"),
        "administrator": ("*:*",),
    },
    frozenset({"partner"}),
)
"""Those of a deployment that names none in its access file."""
