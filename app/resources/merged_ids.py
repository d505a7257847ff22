# SPDX-License-Identifier: Apache-2.0
"""Merged ids (eTOM 1.3.4): who reads one is led to its survivor, and who would write to it is told of that."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from app.access.principal import Principal
from app.errors import Conflict, MergeConflict, MovedPermanently, shorten
from app.resources.resource import Resource
from app.storage.documents.aliases import Alias, Aliases
from app.storage.documents.repository import Repository

Visible = Callable[[Principal, set[str]], Awaitable[set[str]]]
"""Those of some ids with which there are documents that a principal may see."""


class Survivor(NamedTuple):
    """The `id` of what a document was merged into, and whether that is there."""

    id: str
    there: bool


class MergedIds:
    """The merged ids of a `resource` in one API version."""

    def __init__(self, resource: Resource, aliases: Aliases, documents: Repository, visible: Visible) -> None:
        self._resource = resource
        self._aliases = aliases
        self._documents = documents
        self._visible = visible

    async def survivor(self, id: str, principal: Principal | None) -> Survivor | None:
        """What an id was merged into; None for an id that was not, or where the principal may not know of it.

        For one that is bound to parties as much is looked up for either, so that not even the time that it takes tells.
        """
        alias = await self._aliases.find((self._resource.name, id))
        led_to = alias.survivor if alias else id
        if principal is None or principal.parties is None:
            return Survivor(led_to, bool(await self._documents.existing({led_to}))) if alias else None
        seen = await self._visible(principal, {led_to})
        return Survivor(led_to, there=True) if alias and seen else None

    def moved_error(self, id: str, survivor: str, query: str) -> MovedPermanently:
        """The error for a read of a merged id, with this `query`."""
        href = self._resource.href(survivor)
        return MovedPermanently(f"{self._message(id, href)}; ask for that", href, query)

    def write_error(self, id: str, survivor: str) -> MergeConflict:
        """The error for a write to a merged id."""
        href = self._resource.href(survivor)
        return MergeConflict(f"{self._message(id, href)}; send the request to that", href)

    async def taken_ids(self, ids: set[str]) -> dict[str, Conflict]:
        """The errors, by id, for creates with those of the `ids` that were merged into others."""
        return {alias.id: self._taken_error(alias) for alias in await self._aliases.among(self._resource.name, ids)}

    def _taken_error(self, alias: Alias) -> Conflict:
        advice = "and its id stays taken; send another one, or none"
        if not alias.survivor:
            return Conflict(f"{self._resource.name} {shorten(alias.id)} was erased, {advice}")
        href = self._resource.href(alias.survivor)
        return MergeConflict(f"{self._message(alias.id, href)}, {advice}", href)

    def _message(self, id: str, href: str) -> str:
        return f"{self._resource.name} {shorten(id)} was merged into {href}"
