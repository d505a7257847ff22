# SPDX-License-Identifier: Apache-2.0
"""Regular expressions find the same in the database as in a plain evaluation, and in any text in bounded time."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain.query.expressions import check, in_perl, is_found
from app.domain.query.regex_search import search
from app.errors import InvalidQuery

EXAMPLES = int(os.environ.get("HYPOTHESIS_MAX_EXAMPLES", "400"))
TEXTS = st.text(st.sampled_from("ab\nc "), max_size=8)

PIECES = st.sampled_from(
    [
        *"aabb.c",
        ".*",
        ".*",
        ".+",
        ".{2,}",
        "b*",
        "a+",
        "[ab]",
        "[^a]*",
        "^",
        "$",
        r"\b",
        "(a|b)",
        "a?",
        "b{2}",
        "|",
        "(?i)",
    ]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=7).map("".join)


@pytest.fixture(scope="module")
def collection(mongo: MongoClient[dict[str, Any]]) -> Iterator[Collection[dict[str, Any]]]:
    found = mongo["liaison_test_expressions"]["texts"]
    yield found
    mongo.drop_database("liaison_test_expressions")


@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=12, unique=True))
def test_what_is_taken_finds_the_same_in_the_database(
    collection: Collection[dict[str, Any]], pattern: str, texts: list[str]
) -> None:
    try:
        check(pattern)
    except InvalidQuery:
        event("refused")
        return
    event("taken")
    collection.delete_many({})
    collection.insert_many([{"text": text} for text in texts])
    found = {row["text"] for row in collection.find({"text": {"$regex": in_perl(pattern)}})}
    assert found == {text for text in texts if is_found(pattern, text)}


@pytest.mark.parametrize("length", ["longest", 1_000_000])
@pytest.mark.parametrize(
    "pattern",
    [
        *("a.*[bc]", "a.*b.*c.*d", "(?i)a.*b", ".*a+b", "a[ab]*[cd]", "^a[ab]*b+[cd]", "a?a?a?a?[bc]", "(?m)a.*b$"),
        *("^a.*b", "^a.*b.*c", "a+.*[bc]", "a.*b|a.*c"),
    ],
)
def test_the_database_does_not_give_up_on_what_is_taken(
    collection: Collection[dict[str, Any]], pattern: str, length: str | int
) -> None:
    check(pattern)
    longest = search(pattern).longest or 1_000_000
    characters = length if isinstance(length, int) else longest
    collection.delete_many({})
    collection.insert_one({"text": "a" * characters})
    # Unlike `$regex`, this fails where the database gives up.
    tried = {"$expr": {"$regexMatch": {"input": "$text", "regex": in_perl(pattern)}}}
    assert collection.count_documents(tried, maxTimeMS=10_000) == 0
