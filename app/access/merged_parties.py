# SPDX-License-Identifier: Apache-2.0
"""Merged parties: who is bound to a party that was merged into another acts for the survivor, too."""

from collections.abc import Collection, Set

from app.access.principal import Principal
from app.domain.query.predicates import Predicate
from app.storage.documents.known_aliases import KnownAliases


class MergedParties:
    """Follows the aliases of parties, which are documents of some `resources`."""

    def __init__(self, known: KnownAliases, resources: Collection[str]) -> None:
        self._known = known
        self._resources = resources

    @property
    def edition(self) -> object:
        """The same object for as long as each principal follows to the same parties."""
        return self._known.survivors

    def follow(self, principal: Principal) -> Principal:
        """The principal, bound also to the survivors of its parties."""
        if principal.parties is None or not self._known.survivors:
            return principal
        targets = [(resource, id) for id in principal.parties for resource in self._resources]
        survivors = {each for target in targets if (each := self._known.survivor(target))} - principal.parties
        if not survivors:
            return principal
        return principal._replace(parties=principal.parties | survivors, survivors=frozenset(survivors))

    def naming_survivors(self, where: Predicate, parties: Set[str] | None) -> Predicate:
        """The predicate of a filter on events, which also finds what names the survivor of a merged id; for who is
        bound to parties, only if that is one of these."""
        return self._known.naming_survivors(where, parties)
