# SPDX-License-Identifier: Apache-2.0
"""Suspicions: each pair is recorded once; what somebody decided about two holds for all that is merged into them."""

from functools import partial
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import dates
from app.storage.documents.aliases import Alias, Aliases
from app.storage.identity.suspicions import OPEN, SuspectedPair, Suspicions, pair_key
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact

pytestmark = pytest.mark.anyio

RESOURCE = "Individual"
LEVELS = (("givenName", "exact", 7.0), ("street", "different", -0.5))


def pair(one: str, other: str, grade: str = "possible") -> SuspectedPair:
    first, second = sorted((one, other))
    return SuspectedPair(RESOURCE, first, second, grade, 6.5, LEVELS, ("twins",), "2027-01", "ab" * 32)


async def record(database: Database, *pairs: SuspectedPair) -> None:
    await transact(database, partial(Suspicions(database).record, pairs, dates.now()))


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=50)
def test_a_pair_has_one_id_whichever_is_named_first(one: str, other: str) -> None:
    assert pair_key(RESOURCE, one, other) == pair_key(RESOURCE, other, one) != pair_key("Organization", one, other)


async def test_a_pair_is_recorded_once_and_known_from_then_on(database: Database) -> None:
    suspicions = Suspicions(database)
    await suspicions.prepare()
    pairs = [pair("a", "b"), pair("c", "b")]
    assert await suspicions.unknown(pairs) == pairs
    await record(database, *pairs)
    stored = await database["suspicion"].find({}).to_list()
    await record(database, pair("b", "a", "certain"), pair("a", "d"))
    assert [row for row in await database["suspicion"].find({}).to_list() if "d" not in row["ids"]] == stored
    assert {row["status"] for row in stored} == {OPEN}
    assert await suspicions.unknown([*pairs, pair("a", "c")]) == [pair("a", "c")]


async def merged(database: Database, duplicate: str, survivor: str) -> None:
    alias = Alias(RESOURCE, duplicate, survivor, "a merge", dates.now())

    async def unite(session: Any) -> None:
        await Aliases(database).add(alias, session)
        await Suspicions(database).unite(RESOURCE, duplicate, survivor, "a merge", session)

    await transact(database, unite)


async def apart(database: Database, ids: str) -> set[str]:
    """The pairs of these that are not to be suspected."""
    pairs = [pair(*each) for each in combinations(ids, 2)]
    left = await Suspicions(database).unknown(pairs)
    for each in pairs:
        assert await Suspicions(database).are_apart(RESOURCE, each.second, each.first) == (each not in left)
    return {"".join(each.ids) for each in pairs if each not in left}


async def test_not_the_same_holds_for_all_that_is_merged_into_both_until_that_is_undone(database: Database) -> None:
    suspicions = Suspicions(database)
    await transact(database, partial(suspicions.part, RESOURCE, "b", "a", "a flow", dates.now()))
    assert await apart(database, "abcde") == {"ab"}
    await merged(database, "b", "c")
    assert await apart(database, "acde") == {"ac"}
    await merged(database, "c", "d")
    await merged(database, "a", "e")
    assert await apart(database, "dex") == {"de"}
    await transact(database, partial(Aliases(database).remove, (RESOURCE, "a")))
    assert await apart(database, "ade") == {"ad"}


async def test_a_merge_settles_the_open_pairs_of_the_duplicate_whichever_stands_first(database: Database) -> None:
    suspicions = Suspicions(database)
    await record(database, *(pair(*each) for each in ("ab", "bc", "ac", "cd")))
    await merged(database, "b", "a")
    left = {"".join(row["ids"]): row["status"] async for row in database["suspicion"].find({})}
    assert left == {"ab": "merged", "ac": "open", "cd": "open"}
    await merged(database, "c", "d")
    left = {"".join(row["ids"]): row["status"] async for row in database["suspicion"].find({})}
    assert left == {"ab": "merged", "cd": "merged"}
    assert await suspicions.find(RESOURCE, "c", "a") is None
    await transact(database, partial(suspicions.part, RESOURCE, "a", "b", "an unmerge", dates.now()))
    parted = await suspicions.find(RESOURCE, "a", "b")
    assert parted is not None
    assert (parted.status, parted.pair) == ("notSame", pair("a", "b"))
