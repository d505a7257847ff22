# SPDX-License-Identifier: Apache-2.0
"""Restrictions of principals, resource by resource: by the party that a token is bound to, and by its scopes."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.access.principal import Principal
from app.domain.restriction import RELATED, OwnerPath, Restriction, RoleCredentials, SensitiveElements, owner_predicate
from app.domain.scopes import covers
from app.errors import Forbidden, InsufficientAuthentication, TmfError


@dataclass(frozen=True)
class Restrictions:
    """What the documents say of the resource called `name`: whose its documents are (`x-owner`), and by which scope its
    sensitive attributes, and elements of arrays, are shown (`x-sensitive`); `scope` is that of reading it."""

    name: str
    scope: str
    owners: Sequence[OwnerPath] = ()
    sensitive: Mapping[str, str] = field(default_factory=dict)
    sensitive_elements: Sequence[SensitiveElements] = ()

    def unmet_roles(self, principal: Principal, now: float) -> frozenset[str]:
        """The roles in documents for which a principal lacks the credentials, `now` in seconds since 1970."""
        if principal.parties is None:
            return frozenset()
        needed = [pair for owner in self.owners for pair in owner.credentials.items()]
        return frozenset(role for role, credentials in needed if not _has(principal, credentials, now))

    def of(self, principal: Principal, unmet: Collection[str] | None = None) -> Restriction | None:
        """The restriction of a principal that lacks the credentials for the `unmet` roles, if the caller knows them.

        None for one that may see all. Raises `Forbidden` for what no party owns.
        """
        unmet = self.unmet_roles(principal, time.time()) if unmet is None else unmet
        hidden = {name: scope for name, scope in self.sensitive.items() if not covers(principal.scopes, scope)}
        elements = [each for each in self.sensitive_elements if not covers(principal.scopes, each.scope)]
        if (parties := principal.parties) is None:
            return Restriction(hidden=hidden, hidden_elements=elements) if hidden or elements else None
        if not self.owners:
            raise Forbidden(f"A {self.name} is no party's; a token that is bound to a party may do nothing with it")
        owned = {verb: owner_predicate(self.owners, parties, verb, unmet) for verb in RELATED}
        by_role = {
            role: (owner.credentials[role], owner.in_role(parties, role))
            for owner in self.owners
            for role in owner.credentials.keys() & set(unmet)
        }
        return Restriction(owned, hidden, by_role, elements)


def _has(principal: Principal, credentials: RoleCredentials, now: float) -> bool:
    scope, acr, max_age = credentials
    return (
        (not scope or covers(principal.scopes, scope))
        and (not acr or principal.acr in acr)
        and (max_age is None or (principal.authenticated is not None and now - principal.authenticated <= max_age))
    )


def credentials_error(role: str, resource: str, credentials: RoleCredentials, principal: Principal) -> TmfError:
    """The error for taking part in a role without its credentials: what is missing, and how to get it (RFC 9470)."""
    told = f"To take part as {role} in this {resource}"
    if credentials.scope and not covers(principal.scopes, credentials.scope):
        message = f"{told} needs the scope {credentials.scope}, which the access token does not grant"
        return Forbidden(message, credentials.scope)
    return InsufficientAuthentication(f"{told} one must log in again", credentials.acr, credentials.max_age)
