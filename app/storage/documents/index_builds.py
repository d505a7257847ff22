# SPDX-License-Identifier: Apache-2.0
"""Builds missing indexes while the server serves. MongoDB's builds are hybrid: reads and writes go on meanwhile.

A build goes on in the database when the server that began it ends.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pymongo.errors import OperationFailure, PyMongoError

from app.storage.documents.indexes import NO_OWNERS, Declared, IndexDifference, differences
from app.storage.event_log.lease import Lease
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.system.tasks import end

SMALL = 10_000
"""Documents of a collection whose indexes are built before the server serves: that takes some tenths of a second."""
PROGRESS_SECONDS = 5.0
"""How often the log tells how far builds are."""
LEASE = "index builds"
"""The lease of the process that logs it, one of all servers of the database."""

_UNAUTHORIZED = 13

log = structlog.get_logger()


@dataclass(frozen=True)
class IndexBuild:
    """A build that runs: the names of the `indexes` of a `collection`, in which `phase` it is, and how many `percent`
    of that are done; None when the database does not tell."""

    collection: str
    indexes: Sequence[str]
    phase: str
    percent: int | None

    @property
    def log_fields(self) -> dict[str, object]:
        """The fields of a log line about it."""
        return {"collection": self.collection, "indexes": self.indexes, "phase": self.phase, "percent": self.percent}


async def running_builds(database: Database) -> list[IndexBuild]:
    """The builds that run in the database (`currentOp`); none where its user may not see them (`inprog`)."""
    criteria = {
        "desc": {"$regex": "^IndexBuildsCoordinator"},
        "ns": {"$regex": f"^{re.escape(database.name)}\\."},
        "command.createIndexes": {"$exists": True},
    }
    operations: list[Mapping[str, Any]] = [{"$currentOp": {"allUsers": True}}, {"$match": criteria}]
    try:
        running = await (await database.client.admin.aggregate(operations)).to_list()
    except OperationFailure as failure:
        if failure.code != _UNAUTHORIZED:
            raise
        return []
    return [_build(each) for each in running]


def _build(operation: Mapping[str, Any]) -> IndexBuild:
    command, progress = operation["command"], operation.get("progress")
    percent = 100 * progress["done"] // max(progress["total"], 1) if progress else None
    # Between two phases there is no message.
    phase = operation.get("msg", "").removeprefix("Index Build: ").partition(" Index Build: ")[0].partition(":")[0]
    names = [index["name"] for index in command.get("indexes", [])]
    return IndexBuild(operation["ns"].partition(".")[2], names, phase, percent)


async def announce_builds(
    database: Database, declared: Declared, states: Mapping[str, str], owners: Mapping[str, str] = NO_OWNERS
) -> None:
    """Log what a server that starts will do without for a while: lists that need such an index are slow until then.

    Indexes that no document declares (any more) are left, and named. Raises `PyMongoError`.
    """
    for build in await running_builds(database):
        log.warning("an index is being built", **build.log_fields)
    for each in await differences(database, declared, states, owners):
        if await _is_long(database, each):
            log.warning("indexes are built while the server serves", collection=each.collection, indexes=each.names)
        if each.undeclared:
            log.info("no document declares these indexes", collection=each.collection, indexes=each.undeclared)


async def _is_long(database: Database, difference: IndexDifference) -> bool:
    """Whether it takes long to build what is missing."""
    return bool(difference.missing) and await database[difference.collection].estimated_document_count() > SMALL


class IndexBuilder:
    """Brings the indexes of the resources to what is `declared`; see `app.storage.documents.indexes.ensure`."""

    def __init__(
        self,
        database: Database,
        declared: Declared,
        states: Mapping[str, str],
        owners: Mapping[str, str] = NO_OWNERS,
    ) -> None:
        self._database = database
        self._declared = declared
        self._states = states
        self._owners = owners
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Build what is missing: of small collections at once, of others in the background, until `stop`.

        Raises `PyMongoError` for the former; failures of the latter are logged.
        """
        later = []
        for each in await self.differences():
            if await _is_long(self._database, each):
                later.append(each)
            elif each.missing:
                await self._build(each)
        if later or await running_builds(self._database):
            building = asyncio.create_task(self._build_each(later))
            self._tasks = [building, asyncio.create_task(self._report(building))]

    async def stop(self) -> None:
        """Wait for builds no longer; the database goes on with them."""
        await end(self._tasks)

    async def differences(self) -> list[IndexDifference]:
        """How the indexes of the database differ from those that are declared. Raises `PyMongoError`."""
        return await differences(self._database, self._declared, self._states, self._owners)

    async def drop_undeclared(self) -> None:
        """Drop the indexes that no document declares. Raises `PyMongoError`."""
        for each in await self.differences():
            for name in each.undeclared:
                await self._database[each.collection].drop_index(name)

    async def _build(self, difference: IndexDifference) -> None:
        await self._database[difference.collection].create_indexes(difference.missing)

    async def _build_each(self, later: Sequence[IndexDifference]) -> None:
        for each in later:
            try:
                await self._build(each)
                log.info("indexes are built", collection=each.collection, indexes=each.names)
            except PyMongoError as failure:
                said = {"collection": each.collection, "indexes": each.names, "error": summary(failure)}
                log.error("indexes could not be built; lists go on without them", **said)

    async def _report(self, building: asyncio.Task[None]) -> None:
        """Log the progress of all builds in the database while there are any, in one process of all that would."""
        lease = Lease(self._database, LEASE, seconds=3 * PROGRESS_SECONDS)
        running = True
        while running or not building.done():
            try:
                running = await self._log_progress(lease)
            except PyMongoError as failure:
                log.warning("the database does not tell how far its indexes are", error=summary(failure))
            await asyncio.sleep(PROGRESS_SECONDS)
        await lease.release()

    async def _log_progress(self, lease: Lease) -> bool:
        """Log each build that runs, if this process holds the lease; whether there is any."""
        builds = await running_builds(self._database)
        if await lease.hold():
            for each in builds:
                log.info("building an index", **each.log_fields)
        return bool(builds)
