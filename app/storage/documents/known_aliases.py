# SPDX-License-Identifier: Apache-2.0
"""Known aliases: what a process remembers of the aliases, so that no request has to ask the database for them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from app.domain.query.merged_ids import naming_survivors
from app.domain.query.predicates import Predicate
from app.errors import TmfError
from app.storage.documents.aliases import Alias, Aliases, Edition
from app.storage.documents.referential_integrity import Target
from app.system.tasks import end

REFRESH_SECONDS = 1.0
"""How long a change of the aliases may go unnoticed."""
LATE = timedelta(minutes=1)
"""How much later than another an alias with an earlier date may become visible: a transaction takes no longer."""

log = structlog.get_logger()


class KnownAliases:
    """The aliases as they were at the last `refresh`."""

    def __init__(self, aliases: Aliases) -> None:
        self._aliases = aliases
        self._edition = Edition("", "")
        self._newest: datetime | None = None
        self.survivors: Mapping[Target, str] = {}
        """The survivor of each alias; the same object for as long as nothing changes."""

    def survivor(self, target: Target) -> str | None:
        """The id of what a target was merged into; None for one that was not."""
        resource, found = target[0], self.survivors.get(target)
        met = {target[1]}
        while found and found not in met and (further := self.survivors.get((resource, found))):
            met.add(found)
            found = further
        return found or None

    def survivors_of(self, id: str) -> frozenset[str]:
        """The ids of what had this id, of any resource, and was merged into another."""
        led = (self.survivor((resource, id)) for resource in {resource for resource, _ in self.survivors})
        return frozenset(each for each in led if each)

    def naming_survivors(self, where: Predicate, permitted: Set[str] | None = None) -> Predicate:
        """The predicate of a filter, which also finds what names the survivor of a merged id, if that is among the
        `permitted` ids; None permits all."""
        if not self.survivors:
            return where

        def survivors(id: str) -> Set[str]:
            found = self.survivors_of(id)
            return found if permitted is None else found & permitted

        return naming_survivors(where, survivors)

    async def refresh(self) -> None:
        """Take over what has changed since: one cheap question where nothing has. Raises `Unavailable`."""
        edition = await self._aliases.edition()
        if edition == self._edition:
            return
        recent = [alias async for alias in self._aliases.each(self._newest and self._newest - LATE)]
        survivors = {**self.survivors, **_survivors(recent)}
        # What is undone, or led back, has no later date.
        if edition.undone != self._edition.undone or len(survivors) != await self._aliases.count():
            survivors = _survivors([alias async for alias in self._aliases.each()])
        self._newest = max((alias.at for alias in recent), default=self._newest)
        self.survivors, self._edition = survivors, edition

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Refreshes them each second for as long as the block runs."""
        task = asyncio.create_task(self._refresh_always())
        try:
            yield
        finally:
            await end([task])

    async def _refresh_always(self) -> None:
        fails = False
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
                fails = False
            except TmfError as error:
                if not fails:
                    log.warning("the aliases stay as they were", error=error.message)
                fails = True


def _survivors(aliases: list[Alias]) -> dict[Target, str]:
    return {(alias.resource, alias.id): alias.survivor for alias in aliases}
