# SPDX-License-Identifier: Apache-2.0
"""Sources of the resources that a server itself makes (`x-source`), and their notes in the database."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import structlog

from app.access.issuers import Access
from app.access.permission_sets import permission_specification_sets
from app.errors import TmfError
from app.events.api_version import ConnectedApiVersion
from app.processes.definition import Processes
from app.processes.specifications import process_specifications, task_specifications
from app.resources.source_engine import Make, SourceEngine
from app.resources.source_notes import SourceNotes
from app.settings import Settings
from app.spec.server_sources import PROCESSES, ROLES, TASKS
from app.storage.documents.repository import Repository
from app.storage.documents.rows import DerivedMembers
from app.storage.documents.scan import Scan
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary

log = structlog.get_logger()


def source_of(name: str, access: Access, processes: Processes) -> Make:
    """What makes the resources of the source with this name, on a server with this access file and these processes."""
    return partial(_MAKERS[name], access, processes)


_MAKERS: Mapping[str, Callable[[Access, Processes], Mapping[str, dict[str, object]]]] = {
    ROLES: lambda access, _: permission_specification_sets(access.roles),
    PROCESSES: lambda _, processes: process_specifications(processes),
    TASKS: lambda _, processes: task_specifications(processes),
}


async def note_sources(database: Database, apis: Iterable[ConnectedApiVersion], settings: Settings) -> None:
    """Note what a server that starts makes, with an event for each change since an earlier start.

    To be called once, before the server processes are forked. What cannot be noted, the next start notes.
    """
    for engine in _source_engines(apis):
        name, documents = engine.resource.name, engine.documents
        rows = Repository(database, name, settings.query_timeout_ms, DerivedMembers(engine.resource.lifecycle.field))
        try:
            await SourceNotes(engine.resource, rows, Scan(database, name)).note(documents)
        except (DatabaseError, TmfError) as failure:
            log.warning("changes could not be noted; no event tells of them yet", of=name, error=summary(failure))


async def read_revisions(database: Database, apis: Iterable[ConnectedApiVersion]) -> None:
    """Let the engines of what the server makes know the noted revisions."""
    for engine in _source_engines(apis):
        await engine.read_revisions(Scan(database, engine.resource.name).documents())


def _source_engines(apis: Iterable[ConnectedApiVersion]) -> Iterator[SourceEngine]:
    for api in apis:
        for engine in api.engines.values():
            if isinstance(engine, SourceEngine):
                yield engine
