# SPDX-License-Identifier: Apache-2.0
"""States are found however they were spelt: those that are kept beside the text, and those of former releases."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain.query.matching import matches
from app.domain.query.query import parse_query
from app.domain.query.resolution import resolve
from app.resources.lists.filtering import filter_of
from app.settings import Settings
from app.storage.documents.repository import Repository
from app.storage.documents.rows import STATE
from app.storage.documents.state_backfill import BATCH, States
from app.storage.mongod.client import connect
from tests.served import RESOURCES

CUSTOMER = RESOURCES["Customer", "v4"]
LIFECYCLE = CUSTOMER.lifecycle
SPELT: list[str] = [
    *(spelling(text) for text in (*LIFECYCLE.moves, *LIFECYCLE.aliases) for spelling in (str, str.upper, str.lower)),
    *("\N{LATIN CAPITAL LETTER S}uspended", "active ", "Acti\N{LATIN SMALL LETTER DOTLESS I}ve", "xActive", "Active\n"),
    "Credit\N{LATIN CAPITAL LETTER C}hec\N{KELVIN SIGN}Done",
]

TEXTS = ("Active", "aCTIVE", "Inactive", "created")


@pytest.fixture(scope="module")
def rows(mongo: MongoClient[dict[str, Any]], database_name: str) -> Iterator[Collection[dict[str, Any]]]:
    """Of each text one row of this release, with the state beside it, and one of a former release."""
    rows = mongo[database_name]["customer_states"]
    rows.insert_many({"_id": f"{number} former", "document": {"status": text}} for number, text in enumerate(SPELT))
    rows.insert_many(
        {"_id": f"{number}", "document": {"status": text}, STATE: text.lower()} for number, text in enumerate(SPELT)
    )
    yield rows
    rows.drop()


@pytest.mark.parametrize(
    "query",
    [
        *(
            f"status{operator}{text}"
            for operator in ("=", ".ne=")
            for text in ("Active", "aCTIVE", "Inactive", "created")
        ),
        "status.in=Active,Prospect",
        "status.nin=Active,CREDITCHECKDONE",
        "status=CreditCheckDone",
        "filter=$[?(@.status=='active')]",
        "filter=$[?(@.status!='Initialized')]",
        "filter=$[?(!(@.status=='suspended'))]",
        "status=Active;status=Closed",
    ],
)
def test_a_state_is_found_in_every_spelling_and_nothing_else_is(rows: Collection[dict[str, Any]], query: str) -> None:
    where = parse_query(query).where
    asked = resolve(where, CUSTOMER.attributes)
    expected = {row["_id"] for row in rows.find() if matches(asked, row["document"])}
    assert {row["_id"] for row in rows.find(filter_of(CUSTOMER, where))} == expected
    assert 0 < len(expected) < 2 * len(SPELT)


def test_where_every_row_has_its_state_the_index_alone_decides() -> None:
    where = parse_query("status=Created").where
    assert filter_of(CUSTOMER, where, stated=True) == {STATE: {"$in": ["created", "initialized"]}}
    excluded = filter_of(CUSTOMER, parse_query("status.ne=Active").where, stated=True)
    assert excluded == {"$nor": [{STATE: {"$in": ["active"]}}]}


def test_rows_of_a_former_release_are_noticed_among_others(
    mongo: MongoClient[dict[str, Any]], mongodb_uri: str, clean_database: str
) -> None:
    async def is_stated() -> bool:
        async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
            return await Repository(client[clean_database], "Customer", 5000).is_stated()

    assert asyncio.run(is_stated())
    mongo[clean_database]["customer"].insert_one({"_id": "1", "document": {"status": "Active"}, STATE: "active"})
    assert asyncio.run(is_stated())
    mongo[clean_database]["customer"].insert_one({"_id": "2", "document": {"status": "Active"}})
    assert not asyncio.run(is_stated())


@given(st.sampled_from([*LIFECYCLE.moves, *LIFECYCLE.aliases]), st.sampled_from([*LIFECYCLE.moves, *LIFECYCLE.aliases]))
def test_two_spellings_find_each_other_exactly_if_they_mean_the_same_state(one: str, other: str) -> None:
    asked = resolve(parse_query(f"status={one.swapcase()}").where, CUSTOMER.attributes)
    assert matches(asked, {"status": other.upper()}) == (LIFECYCLE.state(one) == LIFECYCLE.state(other))


def test_a_state_is_put_beside_what_a_former_release_has_written(
    mongo: MongoClient[dict[str, Any]], mongodb_uri: str, clean_database: str
) -> None:
    rows = mongo[clean_database]["customer"]
    texts = [*SPELT, *(["Active"] * (2 * BATCH))]
    rows.insert_many(
        [{"_id": f"{n:05}", "revision": 7, "document": {"status": text}} for n, text in enumerate(texts)]
        + [{"_id": "none", "document": {}}, {"_id": "done", "document": {"status": "Active"}, STATE: "other"}]
    )

    async def complete() -> list[int]:
        async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
            states = States(client[clean_database], {"Customer": "status"})
            return [await states.complete(), await states.complete()]

    assert asyncio.run(complete()) == [len(texts), 0]
    assert all(row[STATE] == row["document"]["status"].lower() for row in rows.find({"revision": 7}))
    assert STATE not in (rows.find_one({"_id": "none"}) or {})
    assert (rows.find_one({"_id": "done"}) or {})[STATE] == "other"
