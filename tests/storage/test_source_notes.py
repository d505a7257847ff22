# SPDX-License-Identifier: Apache-2.0
"""The roles of a server are noted in its database: each change is announced once, by the start that finds it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.access.roles import DEFAULT_ROLES
from app.composition.factory import Liaison
from app.composition.processes import processes_of
from app.composition.sources import note_sources, read_revisions
from app.domain import dates
from app.errors import Gone, NotFound
from app.processes.specifications import process_specifications, task_specifications
from app.resources.source_engine import SourceEngine
from app.settings import Settings
from app.storage.mongod.client import connect
from app.storage.outbox.outbox import Outbox

pytestmark = pytest.mark.anyio

SET = "PermissionSpecificationSet"
CHANGED = {"reader": ["*:read", "event:read"], "agent": [*DEFAULT_ROLES.grants["agent"]], "clerk": ["hub:*"]}
PROCESSES = processes_of(Settings())
AT_FIRST = Counter(
    [
        *((f"{SET}CreateEvent", name) for name in DEFAULT_ROLES.grants),
        *(("ProcessFlowSpecificationCreateEvent", id) for id in process_specifications(PROCESSES)),
        *(("TaskFlowSpecificationCreateEvent", id) for id in task_specifications(PROCESSES)),
    ]
)
LATER = Counter(
    [
        (f"{SET}AttributeValueChangeEvent", "reader"),
        (f"{SET}CreateEvent", "clerk"),
        *((f"{SET}DeleteEvent", name) for name in DEFAULT_ROLES.grants if name not in ("reader", "agent")),
    ]
)


@pytest.fixture
def settings(settings: Settings, clean_database: str) -> Settings:
    """The settings of a server on the clean database, with the usual roles."""
    return replace(settings, database=clean_database)


@pytest.fixture
def others(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of one with other roles."""
    access = tmp_path / "access.yaml"
    access.write_text(json.dumps({"roles": CHANGED}), encoding="utf-8")
    return replace(settings, access=str(access))


@asynccontextmanager
async def start(settings: Settings) -> AsyncIterator[Liaison]:
    """A server that starts: it notes its roles, then its processes read what is noted."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await note_sources(liaison.database, liaison.apis, settings)
        await read_revisions(liaison.database, liaison.apis)
        yield liaison


def engine_of(liaison: Liaison) -> SourceEngine:
    engine = next(api.engines[SET] for api in liaison.apis if SET in api.engines)
    assert isinstance(engine, SourceEngine)
    return engine


async def announced(liaison: Liaison) -> Counter[tuple[str, str]]:
    """The types of the events that wait for the relay, each with the id of what it is about."""
    batches = await Outbox(liaison.database, liaison.sources()).oldest(1000)
    return Counter(
        (batch.source.event_type(event["kind"]), batch.id)
        for batch in batches
        for change in batch.changes
        for event in change["events"]
    )


async def test_the_first_start_announces_what_the_server_makes_and_the_next_one_nothing(settings: Settings) -> None:
    async with start(settings):
        pass
    async with start(settings) as again:
        assert await announced(again) == AT_FIRST


async def test_a_start_with_other_roles_announces_what_differs(settings: Settings, others: Settings) -> None:
    async with start(settings):
        pass
    async with start(others) as later:
        assert await announced(later) == AT_FIRST + LATER


async def test_servers_that_start_at_the_same_time_announce_a_change_once(settings: Settings, others: Settings) -> None:
    async with connect(settings) as client:
        for which in (settings, others):
            liaison = Liaison(which, client)
            await asyncio.gather(*(note_sources(liaison.database, liaison.apis, which) for _ in range(4)))
        assert await announced(liaison) == AT_FIRST + LATER


async def test_a_server_answers_its_own_roles_whatever_another_has_noted_since(
    settings: Settings, others: Settings
) -> None:
    async with start(settings) as first:
        engine = engine_of(first)
        before = {name: await engine.get(name) for name in DEFAULT_ROLES.grants}
        async with start(others) as second:
            assert {name: await engine.get(name) for name in DEFAULT_ROLES.grants} == before
            with pytest.raises(NotFound):
                await engine_of(second).get("partner")
            changed, kept = [await engine_of(second).get(name) for name in ("reader", "agent")]
        assert (changed.edition.revision, before["reader"].edition.revision) == (2, 1)
        assert kept == before["agent"]
        await read_revisions(first.database, first.apis)  # as a process that is started again does
        assert (await engine.get("reader")).edition != changed.edition


async def test_the_past_of_a_role_is_read_as_that_of_any_resource(settings: Settings, others: Settings) -> None:
    async with start(settings) as first:
        before = await engine_of(first).get("partner")
    async with start(others) as second:
        engine = engine_of(second)
        assert await engine.get_as_of("partner", before.edition.changed) == before
        with pytest.raises(Gone):
            await engine.get_as_of("partner", dates.now())
