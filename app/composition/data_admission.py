# SPDX-License-Identifier: Apache-2.0
"""Admission of stored documents at the start of a server: they conform to its OpenAPI documents, or are accepted.

The documents of a resource are read only if its `conformance_digest` differs from the noted one (ADR 0038).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable
from contextlib import asynccontextmanager, suppress

import structlog

from app.errors import DocumentsError
from app.events.api_version import ConnectedApiVersion
from app.resources.conformance import conformance_digest
from app.resources.conformance_check import ServedResource, check_conformance, finding_lines
from app.resources.resource import Resource
from app.resources.source_engine import ServerMadeEngine
from app.storage.documents.scan import Scan
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.storage.mongod.noted_digests import NotedDigests

PROGRESS_SECONDS = 5.0
"""Seconds between two reports of the progress of a check."""

REFUSED = "stored documents do not conform to the OpenAPI documents that are to be served:"
REMEDY = (
    "`liaison spec check-data` tells this beside a running server; "
    "`liaison serve --accept` (LIAISON_ACCEPT_DATA=true) starts all the same"
)

log = structlog.get_logger()


class NonconformingData(DocumentsError):
    """Stored documents do not conform to the OpenAPI documents; the message has a line or more for each version."""


def served_resources(apis: Iterable[ConnectedApiVersion]) -> list[ServedResource]:
    """The resources of these APIs, each with all versions that show it.

    What the server itself makes is not among them: a start writes it anew, whatever was noted of it.
    """
    versions: dict[tuple[str, str], list[Resource]] = {}
    for api in apis:
        for name, engine in api.engines.items():
            if isinstance(engine, ServerMadeEngine):
                continue
            versions.setdefault((api.name, name), []).append(engine.resource)
    return [ServedResource(api, name, each) for (api, name), each in versions.items()]


async def admit_stored_data(database: Database, apis: Iterable[ConnectedApiVersion], *, accepts: bool) -> None:
    """Return when a server of these APIs may start on what `database` stores; on a new one it always may.

    Raises `NonconformingData` when documents do not conform, unless it `accepts` them; `PyMongoError`.
    """
    await _Admission(database, served_resources(apis), accepts=accepts).run()


class _Admission:
    def __init__(self, database: Database, served: Collection[ServedResource], *, accepts: bool) -> None:
        self._noted = NotedDigests(database)
        self._served = served
        self._scans = {each.name: Scan(database, each.name) for each in served}
        self._digests = {each.name: conformance_digest(each.versions) for each in served}
        self._accepts = accepts
        self._checked = 0

    async def run(self) -> None:
        """Check the resources whose digests have changed, and note the new digests."""
        changed = await self._changed_digests()
        lines = await self._nonconformities(changed) if changed else []
        if lines and not self._accepts:
            if await self._changed_digests():
                raise NonconformingData("\n".join([REFUSED, *lines, REMEDY]))
            return  # Another server, which starts at the same time, has accepted them.
        for line in lines:
            log.warning("accepted, though it does not conform", what=line.strip())
        if changed:
            await _noting(self._noted.note(changed))

    async def _changed_digests(self) -> dict[str, str]:
        noted = await self._noted.read()
        return {name: digest for name, digest in self._digests.items() if noted.get(name) != digest}

    async def _nonconformities(self, names: Collection[str]) -> list[str]:
        lengths = {name: length for name in names if (length := await self._scans[name].length())}
        if not lengths:
            return []
        log.info("checking stored documents, as their OpenAPI documents are new or changed", resources=lengths)
        async with self._progress(sum(lengths.values())):
            return [line for each in self._served if each.name in lengths for line in await self._check(each)]

    async def _check(self, served: ServedResource) -> list[str]:
        report = await check_conformance(served, self._scans[served.name], self._advance)
        return [line for each in report.findings if each.refused for line in finding_lines(each, report.read)]

    def _advance(self, more: int) -> None:
        self._checked += more

    @asynccontextmanager
    async def _progress(self, length: int) -> AsyncIterator[None]:
        """Within the block, logs the progress, and notes in the database that a check is running."""
        over = asyncio.Event()
        telling = asyncio.create_task(self._tell(length, over))
        try:
            yield
        finally:
            over.set()
            await telling
            await _noting(self._noted.end_check())

    async def _tell(self, length: int, over: asyncio.Event) -> None:
        while not over.is_set():
            await _noting(self._noted.say_checking())
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), PROGRESS_SECONDS)
            log.info("checking stored documents", checked=self._checked, of=length)


async def _noting(write: Awaitable[None]) -> None:
    """Await a write of a note; after a failure, such as a full disk, the next start checks again."""
    try:
        await write
    except DatabaseError as failure:
        log.warning("what was checked could not be noted", error=summary(failure))
