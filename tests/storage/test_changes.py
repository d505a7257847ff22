# SPDX-License-Identifier: Apache-2.0
"""Documents that are changed member by member: what the database makes of it, and what the relay learns of the past."""

from typing import Any

import pytest
from bson import decode, encode

from app.domain import dates
from app.domain.events import change
from app.domain.json_values import equal
from app.domain.origin import UNKNOWN
from app.storage.documents.repository import Repository
from app.storage.mongod.durable import Database
from app.storage.outbox.outbox import Outbox
from tests.storage.listening import SOURCES

pytestmark = pytest.mark.anyio

SHARED = {"x": [1, {"y": 2}]}
LIVES: list[list[dict[str, Any]]] = [
    [{"n": 1}, {"n": 2}, {"n": 2, "m": None}, {"m": 3}, {"m": 3, "n": 1}],
    [{"0": "a", "1": {"0": "b"}}, {"0": "c", "1": {"0": "b"}}, {"1": {"0": "d"}}],
    [{"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a": {"b": 3}}, {"a": {"b": 3}}, {"a": {"b": 4}}],
    [{"": 1, "ä ö": 2}, {"": 2, "ä ö": 2}, {"ä ö": 3}],
    [{"shared": SHARED, "n": 1}, {"shared": SHARED, "n": 2}, {"shared": {"x": []}, "n": 2}],
    [{"n": True}, {"n": 1}, {"n": 1.5}, {"n": [1]}, {"n": {"$": 1}}],
]


def announced(revision: int, before: Any, after: Any) -> Any:
    return change(revision=revision, at=dates.now(), origin=UNKNOWN, before=before, after=after, state_field=None)


async def told(database: Database) -> list[Any]:
    """The documents that the relay learns of."""
    [found] = await Outbox(database, SOURCES).oldest(1)
    return [decode(encode(each["document"])) for each in found.changes]


@pytest.mark.parametrize("life", LIVES)
async def test_each_step_of_a_life_is_kept_and_every_one_is_told(
    database: Database, life: list[dict[str, Any]]
) -> None:
    documents = Repository(database, "Individual", 5000)
    await documents.insert("1", life[0], announced(1, None, life[0]))
    for step in life[1:]:
        seen = await documents.get("1")
        after = {
            **step,
            **{name: old for name, old in seen.document.items() if name in step and equal(old, step[name])},
        }
        await documents.replace(seen, after, announced(seen.revision + 1, seen.document, step))
        assert equal((await documents.get("1")).document, step)
    assert equal(await told(database), life)


async def test_what_a_deletion_took_away_is_told_with_all_that_was_before_it(database: Database) -> None:
    documents = Repository(database, "Individual", 5000)
    for n in (1, 2):
        seen = await documents.insert("1", {"n": n}, announced(1, None, {"n": n}))
        seen = await documents.replace(seen, {"m": n}, announced(2, {"n": n}, {"m": n}))
        await documents.remove(seen, announced(3, {"m": n}, None))

    assert await told(database) == [{"n": 1}, {"m": 1}, {"m": 1}, {"n": 2}, {"m": 2}, {"m": 2}]
