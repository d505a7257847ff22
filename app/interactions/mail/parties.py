# SPDX-License-Identifier: Apache-2.0
"""Finds the party with an e-mail address among its contact media."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.errors import NotFound
from app.resources.engine import Engine
from app.storage.interactions.mail_addresses import MailAddresses

MEDIA, ADDRESS = "contactMedium", "emailAddress"


@dataclass(frozen=True)
class FoundParty:
    """A party: the name of its resource, its id, and its address as a reference has it."""

    resource: str
    id: str
    href: str


class PartyFinder:
    """Looks among the resources of these engines, which have contact media."""

    def __init__(self, engines: Sequence[Engine], addresses: MailAddresses) -> None:
        self._engines, self._addresses = engines, addresses

    async def prepare(self) -> None:
        """Create the indexes that the look-up needs."""
        await self._addresses.prepare(engine.resource.name for engine in self._engines)

    async def having(self, address: str) -> FoundParty | None:
        """The one party with an address; None where nobody has it, or several do.

        Addresses are the same without regard to case, as for matching (docs/identity.md). What follows a plus counts:
        whoever writes as `ann+bills@…` may be somebody else than `ann@…`.
        """
        found = [
            FoundParty(engine.resource.name, view["id"], view["href"])
            for engine in self._engines
            for id in await self._addresses.ids(engine.resource.name, address)
            if (view := await _view(engine, id)) and _has(view, address)
        ]
        return found[0] if len(found) == 1 else None


async def _view(engine: Engine, id: str) -> Mapping[str, Any] | None:
    with suppress(NotFound):
        return (await engine.get(id)).view
    return None


def _has(view: Mapping[str, Any], address: str) -> bool:
    return any(_normal(str(each.get(ADDRESS, ""))) == _normal(address) for each in view.get(MEDIA, ()))


def _normal(address: str) -> str:
    return address.strip().casefold()
