# SPDX-License-Identifier: Apache-2.0
"""The working lists of representatives come out of one index, in its order, without reading what they do not show."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.query.matching import matches
from app.domain.query.query import parse_query
from app.settings import Settings
from app.storage.documents import indexes
from app.storage.mongod.client import connect
from tests.storage.representatives import DECLARED, INTERACTION, LIMIT, LISTS, list_options, rows

COUNT = 4000
FEW = 6
"""Keys beyond those of the page that may be read: where ranges of states end."""


@pytest.fixture(scope="module")
def collection(mongodb_uri: str, mongo: MongoClient[dict[str, Any]]) -> Iterator[Any]:
    """Interactions with the declared indexes."""
    name = "liaison_test_representatives"

    async def ensure() -> None:
        async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
            await indexes.ensure(client[name], DECLARED, {INTERACTION.name: "status"})

    asyncio.run(ensure())
    mongo[name]["partyInteraction"].insert_many(list(rows(COUNT)))
    yield mongo[name]["partyInteraction"]
    mongo.drop_database(name)


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS)
def test_a_working_list_is_one_index_without_a_sort(collection: Any, query: str) -> None:
    explained = collection.find(**list_options(query)).explain()
    told = str(explained["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in told
    assert "'SORT'" not in told
    assert "COLLSCAN" not in told
    assert explained["executionStats"]["totalDocsExamined"] <= LIMIT + FEW
    assert explained["executionStats"]["totalKeysExamined"] <= LIMIT + 4 * FEW


@pytest.mark.parametrize("query", LISTS.values(), ids=LISTS)
def test_a_working_list_has_what_a_filter_on_what_is_shown_has(collection: Any, query: str) -> None:
    where = parse_query(query).where
    listed = [row["_id"] for row in collection.find(**{**list_options(query), "limit": 0})]
    shown = [row["_id"] for row in collection.find({}) if matches(where, dates.with_text_dates(row["document"]))]
    assert sorted(listed) == sorted(shown)
    assert listed


def test_an_index_of_one_class_has_nothing_of_others(collection: Any) -> None:
    partial = [each for each in collection.index_information().values() if "partialFilterExpression" in each]
    assert len(partial) == len([paths for paths in DECLARED[INTERACTION.name] if "=" in paths[0]])
    assert all(each["partialFilterExpression"] == {"document.@type": "TrackedInteraction"} for each in partial)
