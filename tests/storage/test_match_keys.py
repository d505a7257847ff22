# SPDX-License-Identifier: Apache-2.0
"""Blocking keys: complete for what was stored before, resumable, by an index, and no more candidates than the cap."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from app.storage.identity import common_keys, match_keys
from app.storage.identity.match_keys import COLLECTION, Candidates, MatchKeys, PartyKeys, erase_keys
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact

pytestmark = pytest.mark.anyio


class NumberRules:
    """Rules by which the numbers of a thing are its keys."""

    attributes = ("numbers",)

    def __init__(self, digest: str = "1") -> None:
        self.digest = digest

    def keys_of(self, _resource: str, document: Mapping[str, Any]) -> tuple[Collection[str], bytes]:
        return [f"{self.digest}:{number}" for number in document.get("numbers", ())], b""


async def keys_of(database: Database, digest: str = "1") -> MatchKeys:
    keys = MatchKeys(database, NumberRules(digest))
    await keys.prepare()
    return keys


async def store(database: Database, things: Mapping[str, list[int]]) -> None:
    rows = [{"_id": id, "revision": 1, "document": {"numbers": numbers}} for id, numbers in things.items()]
    await database["thing"].insert_many(rows)


async def kept(database: Database) -> dict[str, Any]:
    return {row["id"]: (row["keys"], row["digest"]) async for row in database[COLLECTION].find()}


async def write(database: Database, keys: MatchKeys, *parties: PartyKeys) -> None:
    await transact(database, partial(_write, keys, parties))


async def _write(keys: MatchKeys, parties: Collection[PartyKeys], session: AsyncClientSession) -> None:
    await keys.replace(parties, session)


async def test_what_was_stored_before_gets_its_keys_in_batches_that_go_on_where_they_were(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_keys, "BATCH", 3)
    await store(database, {str(id): [id] if id else [] for id in range(8)})
    keys = await keys_of(database)
    assert await keys.complete_some("Thing") == 3
    assert not await keys.is_complete("Thing")
    assert await (await keys_of(database)).complete("Thing") == 5
    assert await keys.is_complete("Thing")
    assert await kept(database) == {str(id): ([f"1:{id}"], "1") for id in range(1, 8)}
    assert await keys.complete("Thing") == 0
    assert [each.id async for each in keys.walk("Thing")] == [str(id) for id in range(1, 8)]


async def test_other_rules_give_all_other_keys_and_leave_none_of_the_old(database: Database) -> None:
    await store(database, {"a": [1], "b": [2], "c": []})
    old = await keys_of(database)
    await write(database, old, PartyKeys("Thing", "gone", 1, ["1:9"]), PartyKeys("Other", "d", 1, ["1:1"]))
    await old.complete("Thing")
    new = await keys_of(database, "2")
    assert not await new.is_complete("Thing")
    assert await new.complete("Thing") == 3
    assert await kept(database) == {"a": (["2:1"], "2"), "b": (["2:2"], "2"), "d": (["1:1"], "1")}


async def test_candidates_have_several_keys_in_common_or_one_that_hardly_anybody_has(database: Database) -> None:
    await store(database, {"a": [1, 2, 7], "b": [2, 3, 7], "c": [3], "d": [9], "e": [7], "f": [7]})
    keys = await keys_of(database)
    await keys.complete("Thing")
    await write(database, keys, PartyKeys("Other", "x", 1, ["1:2"]))
    asked = {"a": ["1:1", "1:2", "1:7"], "new": ["1:3"], "far": ["1:7"], "none": []}
    assert await keys.candidates("Thing", asked, most=5) == {
        "a": Candidates(frozenset("b"), capped=False),
        "new": Candidates(frozenset("bc"), capped=False),
        "far": Candidates(frozenset(), capped=False),
    }


@pytest.mark.parametrize("asked", [1, 30])
async def test_by_what_a_crowd_shares_nobody_is_searched_and_it_is_said(database: Database, asked: int) -> None:
    crowd = {f"crowd{number:04}": [1, 10 + number] for number in range(match_keys.LEAST_ROWS * 4)}
    await store(database, {**crowd, "rare": [1, 2], "other": [3]})
    keys = await keys_of(database)
    await keys.complete("Thing")
    parties = {f"new{number}": ["1:1", "1:2"] for number in range(asked)}
    for _ in range(2):
        found = await keys.candidates("Thing", {**parties, "alone": ["1:3"]}, most=20)
        assert found.pop("alone") == Candidates(frozenset(["other"]), capped=False)
        assert found == dict.fromkeys(parties, Candidates(frozenset(["rare"]), capped=True))


async def test_whose_keys_are_all_common_is_compared_with_as_many_as_the_cap(database: Database) -> None:
    await store(database, {str(number): [1] for number in range(match_keys.LEAST_ROWS * 2)})
    keys = await keys_of(database)
    await keys.complete("Thing")
    found = (await keys.candidates("Thing", {"0": ["1:1"]}, most=20))["0"]
    assert (len(found.ids), found.capped) == (20, True)
    assert "0" not in found.ids


async def test_those_with_the_most_keys_in_common_are_taken(database: Database) -> None:
    await store(database, {str(number): [*range(9 - number, 9)] for number in range(1, 9)})
    keys = await keys_of(database)
    await keys.complete("Thing")
    found = await keys.candidates("Thing", {"x": [f"1:{number}" for number in range(9)]}, most=3)
    assert found == {"x": Candidates(frozenset("678"), capped=True)}


async def test_keys_that_were_read_before_an_erasure_are_not_written_after_it(database: Database) -> None:
    await store(database, {"a": [1]})
    keys = await keys_of(database)
    async with database.client.start_session() as session, await session.start_transaction():
        parties = await keys.parties("Thing", ["a"], session)
        await database["thing"].delete_one({"_id": "a"})
        await transact(database, partial(erase_keys, database, [("Thing", "a")]))
        await keys.replace([keys.keys_of("Thing", each) for each in parties], session)
        with pytest.raises(OperationFailure) as conflict:
            await keys.progress.move(None, 1, session)
        await session.abort_transaction()
    assert conflict.value.has_error_label("TransientTransactionError")
    assert await kept(database) == {}


async def test_keys_that_many_have_are_known_once_all_have_theirs_and_noted_when_they_are_met(
    database: Database,
) -> None:
    many = match_keys.HOLDERS + 2
    await store(database, {str(number): [1, number + 10] for number in range(many)})
    keys = await keys_of(database)
    await keys.complete("Thing")
    assert await database[common_keys.COLLECTION].distinct("_id") == ["1:1"]
    met = [PartyKeys("Thing", f"new{number}", 1, ["1:2"]) for number in range(many)]
    await write(database, keys, *met)
    await transact(database, partial(keys.candidates, "Thing", {"x": ["1:2"]}, 5))
    assert sorted(await database[common_keys.COLLECTION].distinct("_id")) == ["1:1", "1:2"]
    await keys.candidates("Thing", {"x": ["1:12"]}, 5)  # What is only asked is remembered, and writes nothing.
    assert await database[common_keys.COLLECTION].count_documents({}) == len(["1:1", "1:2"])


async def test_each_query_for_candidates_uses_the_index(database: Database) -> None:
    await store(database, {str(number): [1, 2] for number in range(match_keys.LEAST_ROWS * 2)})
    keys = await keys_of(database)
    await keys.complete("Thing")
    await database[common_keys.COLLECTION].delete_many({})  # So it finds out by itself which are common.
    await database.command("profile", 2)
    await keys.candidates("Thing", {"x": ["1:1", "1:2"], "y": ["1:3"]}, most=5)
    await database.command("profile", 0)
    profiled = database["system.profile"].find({"ns": f"{database.name}.{COLLECTION}"})
    queries = [each for each in await profiled.to_list() if each["op"] in ("query", "command")]
    assert len(queries) >= 3
    for query in queries:
        assert query["planSummary"] == "IXSCAN { resource: 1, keys: 1 }"
        assert query["keysExamined"] <= match_keys.LEAST_ROWS + 2
