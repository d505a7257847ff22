# SPDX-License-Identifier: Apache-2.0
"""Entitlement: which events a listener may be sent, and what of them, by what its registrant may read by then."""

from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from functools import lru_cache
from typing import Any

from app.access.live_roles import LiveRoles
from app.access.merged_parties import MergedParties
from app.access.principal import Principal
from app.access.roles import Roles
from app.domain.json_values import ABSENT
from app.domain.restriction import READ, Restriction
from app.domain.scopes import covers
from app.errors import Forbidden
from app.events.notification import Notification
from app.events.suspicions import is_suspicion, receives_suspicions
from app.resources.resource import Resource
from app.resources.restricted_engine import RestrictedCollection
from app.resources.restricted_resource import RestrictedResource
from app.storage.documents.filters import Filter

Entry = Mapping[str, Any]
Versioned = Mapping[tuple[str, str], Resource]
"""Resources by their names and versions."""


class Entitlements:
    """What principals may be told of. `collections` are those of each resource, by its name."""

    def __init__(
        self,
        roles: LiveRoles,
        merged: MergedParties,
        collections: Mapping[str, RestrictedCollection],
        resources: Versioned,
    ) -> None:
        self.roles, self.merged = roles, merged
        self._collections = collections
        self._resources = resources

    def of(self, registrant: Mapping[str, Any] | None) -> "Entitlement | None":
        """The entitlement of who registered a listener; None where nobody was asked for a token then."""
        return Entitlement(self, registrant) if registrant else None

    def restriction(self, principal: Principal, resource: str) -> Restriction | None:
        """The restriction of a principal on events about a resource; None for all. Raises `Forbidden` for none."""
        collection = self._collections.get(resource)
        if collection is None:  # A client reported the event, or made a topic.
            if principal.parties is not None or not covers(principal.scopes, EVENTS):
                raise Forbidden(f"This needs the scope {EVENTS}", EVENTS)
            return None
        if not covers(principal.scopes, scope := collection.restrictions.scope):
            raise Forbidden(f"This needs the scope {scope}", scope)
        return collection.restrictions.of(principal)

    def restrictions(self, principal: Principal, names: Iterable[str]) -> dict[str, Restriction | None]:
        """The restrictions of a principal on those resources with these `names` that it may read at all."""
        found: dict[str, Restriction | None] = {}
        for name in names:
            with suppress(Forbidden):  # It may not read any of these.
                found[name] = self.restriction(principal, name)
        return found

    def owner_filter(self, resource: str, restriction: Restriction) -> Filter | None:
        """The filter on rows with documents of a resource that a restriction leaves; None for all."""
        return self._collections[resource].filter(restriction)

    def visible(self, principal: Principal, names: Iterable[str], version: str) -> dict[str, Resource]:
        """Those resources with these `names` that the principal may read, without what it does not see of them."""
        return {
            name: RestrictedResource.of(self._resources[name, version], restriction or Restriction())
            for name, restriction in self.restrictions(principal, names).items()
        }

    def visible_resource(self, name: str, version: str, restriction: Restriction) -> RestrictedResource:
        """A version of a resource as who is restricted so sees it."""
        return RestrictedResource.of(self._resources[name, version], restriction)


EVENTS = f"event:{READ}"
"""The scope of events that no resource is the subject of."""


class Entitlement:
    """What one registrant may be told of; it follows the roles of the access file, and merges of its parties."""

    def __init__(self, entitlements: Entitlements, registrant: Mapping[str, Any]) -> None:
        self._entitlements = entitlements
        self._registrant = registrant
        self._roles: Roles | None = None
        self._merges: object = None
        self._principal: Principal | None = None
        self._restriction = lru_cache(64)(self._find_restriction)
        self._resource = lru_cache(64)(self._find_resource)

    @property
    def parties(self) -> Set[str] | None:
        """The parties that the registrant is bound to, with those into which they were merged; None if to none."""
        self._follow()
        assert self._principal is not None, "the roles are known"
        return self._principal.parties

    def visible_part(self, entry: Entry, version: str, notification: Notification) -> Notification | None:
        """The part of the notification of an `entry` that the registrant may be sent; None where that is nothing."""
        self._follow()
        restriction = self._restriction(entry["resource"])
        if restriction is ABSENT or (is_suspicion(entry) and not self._receives_suspicions(restriction)):
            return None
        if not isinstance(restriction, Restriction):
            return notification
        if restriction.owned is not None:
            document = entry.get("document")
            if document is None or not restriction.permits(READ, entry["resourceId"], document):
                return None
        resource = self._resource(entry["resource"], version)
        return notification if resource.hides_nothing else notification.visible_part(resource, entry)

    def _receives_suspicions(self, restriction: object) -> bool:
        """Whether the registrant may be told of suspected duplicates of a resource on which it has this restriction."""
        assert self._principal is not None, "the roles are known"
        return receives_suspicions(self._principal, restriction if isinstance(restriction, Restriction) else None)

    def _follow(self) -> None:
        roles, merged = self._entitlements.roles.current(), self._entitlements.merged
        if roles is not self._roles or merged.edition is not self._merges:
            self._roles, self._merges = roles, merged.edition
            self._principal = merged.follow(registered_principal(self._registrant, roles))
            self._restriction.cache_clear()
            self._resource.cache_clear()

    def _find_restriction(self, resource: str) -> object:
        """The restriction on a resource; None for all of it, `ABSENT` for nothing of it."""
        assert self._principal is not None, "the roles are known"
        try:
            return self._entitlements.restriction(self._principal, resource)
        except Forbidden:
            return ABSENT

    def _find_resource(self, name: str, version: str) -> RestrictedResource:
        restriction = self._restriction(name)
        assert isinstance(restriction, Restriction), "what is not restricted is seen whole"
        return self._entitlements.visible_resource(name, version, restriction)


def registrant_of(principal: Principal | None) -> dict[str, Any] | None:
    """What a registration keeps of who registered it; None where nobody is asked for a token.

    Roles are kept rather than what they grant, so that a registration follows them; and the parties that the token
    names rather than what they were merged into.
    """
    if principal is None:
        return None
    return {
        "id": identity(principal),
        "issuer": principal.issuer,
        "subject": principal.subject,
        "client": principal.client,
        "roles": sorted(principal.roles),
        "scopes": sorted(principal.own_scopes),
        "parties": None if principal.parties is None else sorted(principal.parties - principal.survivors),
    }


def registered_principal(registrant: Mapping[str, Any], roles: Roles) -> Principal:
    """The principal that a registration was made by, with what its roles grant now."""
    own, parties = frozenset(registrant["scopes"]), registrant["parties"]
    return Principal(
        issuer=registrant["issuer"],
        subject=registrant["subject"],
        client=registrant["client"],
        scopes=roles.grants_of(registrant["roles"], own),
        expires=float("inf"),
        parties=None if parties is None else frozenset(parties),
        roles=frozenset(registrant["roles"]),
        own_scopes=own,
    )


def identity(principal: Principal) -> str:
    """What tells one registrant from another: issuer, and subject or client."""
    return f"{principal.issuer} {principal.name}"
