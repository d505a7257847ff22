# SPDX-License-Identifier: Apache-2.0
"""A resource is created within a parent that is being deleted: one of both is refused, whoever comes first."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.composition.api_resources import api_versions
from app.composition.factory import Liaison
from app.composition.served_apis import served_apis
from app.domain.nested_keys import nested_key
from app.errors import Conflict, InvalidField, NotFound, TmfError
from app.resources.bulk import CreatedResource, New
from app.resources.delete_guards import NestedGuard
from app.resources.engine import Engine
from app.resources.nested_engine import NestedEngine
from app.settings import Settings
from app.storage.documents.receipts import Key
from app.storage.documents.repository import Repository
from tests.storage.racing import Conflicts, Halt, meet

pytestmark = pytest.mark.anyio

apis_made_once, versions_made_once = cache(lambda settings: served_apis(settings)[-1:]), cache(api_versions)
"""The parts of the server, which take longer to make than a test does."""

DOCUMENT = Path(__file__).parents[1] / "contract" / "apis" / "work-plan-v4.yaml"


@dataclass
class Flows:
    """The engines of a server with the API."""

    liaison: Liaison
    conflicts: Conflicts

    def engine(self, resource: str) -> Engine:
        return next(api.engines[resource] for api in self.liaison.apis if resource in api.engines)

    @property
    def tasks(self) -> NestedEngine:
        engine = self.engine("WorkStep")
        assert isinstance(engine, NestedEngine)
        return engine

    async def delete(self, id: str) -> None:
        await self.engine("WorkPlan").delete(id, lambda _edition: None)


@pytest.fixture
async def flows(
    settings: Settings, mongodb_uri: str, clean_database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Flows]:
    """They hold to it although no references are checked."""
    monkeypatch.setattr("app.composition.factory.api_versions", versions_made_once)
    own = replace(settings, apis=str(DOCUMENT), references="off")
    conflicts = Conflicts()
    async with AsyncMongoClient[dict[str, Any]](
        mongodb_uri, tz_aware=True, w="majority", event_listeners=[conflicts]
    ) as client:
        liaison = Liaison(own, client, apis_made_once(own))
        await liaison.prepare()
        flows = Flows(liaison, conflicts)
        await flows.engine("WorkPlan").create({"id": "1", "name": "Move"})
        yield flows


async def create(flows: Flows) -> str:
    return str((await flows.tasks.within("1").create({"name": "Pack"})).view["id"])


async def create_once(flows: Flows) -> str:
    within = flows.tasks.within("1")
    return str((await within.create({"name": "Pack"}, key=Key.of(within.place, "k", b"{}"))).view["id"])


async def create_many(flows: Flows) -> str:
    (outcome,) = await flows.tasks.create_each([New({"name": "Pack", "href": "/workPlan/1/workStep"})])
    if isinstance(outcome, TmfError):
        raise outcome
    assert isinstance(outcome, CreatedResource)
    return outcome.id.removeprefix(nested_key("1", ""))


WRITES = pytest.mark.parametrize(
    ("write", "method"), [(create, "insert"), (create_once, "insert_within"), (create_many, "insert_referring")]
)
Write = Callable[[Flows], Awaitable[str]]


Kept = Callable[[], tuple[int, int]]


@pytest.fixture
def kept(mongo: MongoClient[dict[str, Any]], clean_database: str) -> Kept:
    """Counts the tasks and the processes that there are."""
    database = mongo[clean_database]
    return lambda: (database["workStep"].count_documents({}), database["workPlan"].count_documents({}))


@WRITES
async def test_a_parent_that_goes_first_is_missing(
    flows: Flows, kept: Kept, write: Write, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, Repository, method)
    written, deleted = await meet(flows.conflicts, halt, write(flows), flows.delete("1"))
    assert isinstance(written, NotFound | InvalidField)
    assert isinstance(written, InvalidField) == (write is create_many)
    assert deleted is None
    assert kept() == (0, 0)


@WRITES
@pytest.mark.parametrize("after", [False, True])
async def test_a_parent_that_is_being_deleted_gets_no_more(
    flows: Flows, kept: Kept, write: Write, method: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, NestedGuard, "refuse_while_alive", after=after)
    deleted, written = await meet(flows.conflicts, halt, flows.delete("1"), write(flows))
    assert (deleted, isinstance(written, TmfError)) == (None, True), method
    assert kept() == (0, 0)


@WRITES
async def test_a_parent_that_got_one_before_stays(
    flows: Flows, kept: Kept, write: Write, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    halt = Halt(monkeypatch, Repository, "remove")
    deleted, written = await meet(flows.conflicts, halt, flows.delete("1"), write(flows))
    assert isinstance(deleted, Conflict), method
    assert f"WorkPlan 1 holds the WorkStep {written}" in deleted.message
    assert kept() == (1, 1)
