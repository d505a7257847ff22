# SPDX-License-Identifier: Apache-2.0
"""A reference comes while what it leads to goes: one of both is refused, wherever each of them stands just then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.composition.api_resources import api_versions
from app.composition.factory import Liaison
from app.errors import Conflict, InvalidField, TmfError
from app.resources.bulk import CreatedResource, New
from app.resources.delete_guards import DeleteGuard
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.documents.receipts import Key
from app.storage.documents.referential_integrity import ReferentialIntegrity
from app.storage.documents.repository import Repository
from tests.storage.racing import Conflicts, Halt, meet

pytestmark = pytest.mark.anyio

MERGE = "application/merge-patch+json"

made_once = cache(api_versions)
"""The parts of the server, which take longer to make than a test does."""

Write = Callable[["House", str], Awaitable[str]]
"""Makes a customer of the party with an id; its own id, or what it raises."""


@dataclass
class House:
    """The engines of a server. Customers and parties share nothing in it, so that two servers would do no better."""

    liaison: Liaison
    conflicts: Conflicts

    def engine(self, resource: str) -> Engine:
        apis = self.liaison.apis
        return next(api.engines[resource] for api in apis if api.version == "v4" and resource in api.engines)

    async def party(self) -> str:
        """The id of a new individual."""
        return str((await self.engine("Individual").create({"givenName": "Ann", "familyName": "Lee"})).view["id"])

    async def delete(self, id: str) -> None:
        await self.engine("Individual").delete(id, lambda _edition: None)

    def customer(self, party: str) -> dict[str, Any]:
        href = self.engine("Individual").resource.href(party)
        return {"name": "Lee", "engagedParty": {"id": party, "href": href, "@referredType": "Individual"}}

    async def meet(self, first: Halt, one: Awaitable[Any], other: Awaitable[Any]) -> tuple[Any, Any]:
        """What became of both: the `other` goes as far as it can while the `one` is halted."""
        return await meet(self.conflicts, first, one, other)


@pytest.fixture
async def house(
    settings: Settings, mongodb_uri: str, clean_database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr("app.composition.factory.api_versions", made_once)
    conflicts = Conflicts()
    async with AsyncMongoClient[dict[str, Any]](
        mongodb_uri, tz_aware=True, w="majority", event_listeners=[conflicts]
    ) as client:
        liaison = Liaison(settings, client)
        await liaison.prepare()
        yield House(liaison, conflicts)


async def create(house: House, party: str) -> str:
    return str((await house.engine("Customer").create(house.customer(party))).view["id"])


async def create_once(house: House, party: str) -> str:
    key = Key.of("customer", party, b"{}")
    return str((await house.engine("Customer").create(house.customer(party), key=key)).view["id"])


async def create_many(house: House, party: str) -> str:
    (outcome,) = await house.engine("Customer").create_each([New(house.customer(party))])
    if isinstance(outcome, TmfError):
        raise outcome
    assert isinstance(outcome, CreatedResource)
    return outcome.id


async def patch(house: House, party: str) -> str:
    customers = house.engine("Customer")
    id = str((await customers.create({"name": "Lee", "engagedParty": {"id": "1", "@referredType": "x"}})).view["id"])
    new = {"engagedParty": house.customer(party)["engagedParty"]}
    await customers.patch(id, new, MERGE, lambda _edition: None)
    return id


WRITES = pytest.mark.parametrize("write", [create, create_once, create_many, patch])

BEFORE_THE_WRITE: dict[Write, str] = {
    create: "insert",
    create_once: "insert_within",
    create_many: "insert_referring",
    patch: "replace",
}
"""Which method of a repository writes what has been checked until then."""


def engaged(mongo: MongoClient[dict[str, Any]], database: str, party: str) -> tuple[int, int]:
    """How many customers engage a party, and how many such parties there are."""
    customers = mongo[database]["customer"].count_documents({"document.engagedParty.id": party})
    return customers, mongo[database]["individual"].count_documents({"_id": party})


@WRITES
async def test_a_party_that_goes_before_the_reference_is_written_is_missing(
    house: House, mongo: MongoClient[dict[str, Any]], clean_database: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await house.party()
    halt = Halt(monkeypatch, Repository, BEFORE_THE_WRITE[write])
    written, deleted = await house.meet(halt, write(house, party), house.delete(party))
    assert isinstance(written, InvalidField)
    assert "which does not exist here" in written.message
    assert deleted is None
    assert engaged(mongo, clean_database, party) == (0, 0)


@WRITES
async def test_a_party_that_a_reference_holds_is_not_deleted(
    house: House, mongo: MongoClient[dict[str, Any]], clean_database: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await house.party()
    halt = Halt(monkeypatch, ReferentialIntegrity, "_hold_existing", after=True)
    written, deleted = await house.meet(halt, write(house, party), house.delete(party))
    assert isinstance(deleted, Conflict)
    assert f"Individual {party} is needed by the Customer {written}" in deleted.message
    assert engaged(mongo, clean_database, party) == (1, 1)


@WRITES
async def test_a_reference_that_is_written_before_the_deletion_begins_is_seen(
    house: House, mongo: MongoClient[dict[str, Any]], clean_database: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await house.party()
    halt = Halt(monkeypatch, Repository, "remove")
    deleted, written = await house.meet(halt, house.delete(party), write(house, party))
    assert isinstance(deleted, Conflict)
    assert f"Individual {party} is needed by the Customer {written}" in deleted.message
    assert engaged(mongo, clean_database, party) == (1, 1)


@WRITES
@pytest.mark.parametrize("after", [False, True])
async def test_a_party_that_is_being_deleted_is_not_referred_to(
    house: House,
    mongo: MongoClient[dict[str, Any]],
    clean_database: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    party = await house.party()
    halt = Halt(monkeypatch, DeleteGuard, "refuse_while_alive", after=after)
    deleted, written = await house.meet(halt, house.delete(party), write(house, party))
    assert deleted is None
    assert isinstance(written, InvalidField)
    assert engaged(mongo, clean_database, party) == (0, 0)


@WRITES
async def test_a_deletion_that_comes_to_nothing_hinders_nobody(
    house: House, mongo: MongoClient[dict[str, Any]], clean_database: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, halt = await house.party(), Halt(monkeypatch, DeleteGuard, "refuse_while_alive")
    deletion = asyncio.ensure_future(house.delete(party))
    await halt.reached.wait()
    house.conflicts.met.clear()
    writing = asyncio.ensure_future(write(house, party))
    await house.conflicts.met.wait()
    deletion.cancel()
    assert await writing
    assert engaged(mongo, clean_database, party) == (1, 1)


@WRITES
async def test_a_write_that_comes_to_nothing_hinders_no_deletion(
    house: House, mongo: MongoClient[dict[str, Any]], clean_database: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, halt = await house.party(), Halt(monkeypatch, ReferentialIntegrity, "_hold_existing", after=True)
    writing = asyncio.ensure_future(write(house, party))
    await halt.reached.wait()
    house.conflicts.met.clear()
    deletion = asyncio.ensure_future(house.delete(party))
    await house.conflicts.met.wait()
    halt.error = ValueError("no more")
    halt.open.set()
    with pytest.raises(ValueError, match="no more"):
        await writing
    await deletion
    assert engaged(mongo, clean_database, party) == (0, 0)
