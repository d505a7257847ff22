# SPDX-License-Identifier: Apache-2.0
"""Restrictions of principals, resource by resource: by the party that a token is bound to, and by its scopes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.access.principal import Principal
from app.domain.restriction import RELATED, OwnerPath, Restriction, owner_predicate
from app.domain.scopes import covers
from app.errors import Forbidden


@dataclass(frozen=True)
class Restrictions:
    """What the documents say of the resource called `name`: whose its documents are (`x-owner`), and by which scope its
    sensitive attributes are shown (`x-sensitive`); `scope` is that of reading it."""

    name: str
    scope: str
    owners: Sequence[OwnerPath] = ()
    sensitive: Mapping[str, str] = field(default_factory=dict)

    def of(self, principal: Principal) -> Restriction | None:
        """The restriction of a principal; None for one that may see all. Raises `Forbidden` for what no party owns."""
        hidden = {name: scope for name, scope in self.sensitive.items() if not covers(principal.scopes, scope)}
        if (parties := principal.parties) is None:
            return Restriction(hidden=hidden) if hidden else None
        if not self.owners:
            raise Forbidden(f"A {self.name} is no party's; a token that is bound to a party may do nothing with it")
        return Restriction({verb: owner_predicate(self.owners, parties, verb) for verb in RELATED}, hidden)
