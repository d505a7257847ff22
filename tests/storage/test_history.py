# SPDX-License-Identifier: Apache-2.0
"""The history of a resource: who changed what from what to what, as data and in words."""

from typing import Any

import pytest

from app.audit.history import Step, Turn, history
from app.audit.wording import history_lines
from app.domain import dates
from app.domain.json_values import ABSENT
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.retention import Retention
from app.storage.mongod.durable import Database
from tests.storage.entries import entry
from tests.storage.listening import Writer, relay

pytestmark = pytest.mark.anyio

AT = dates.instant("2024-05-01T10:00:00.120Z")


async def steps(database: Database, id: str) -> list[Step]:
    """The history of an individual, after everything is logged."""
    work = relay(database)
    while await work.drain():
        pass
    return [step async for step in history(EventLog(database), "Individual", id)]


async def test_a_life_is_told_from_the_first_value_to_the_last(database: Database) -> None:
    writer = Writer(database)
    await writer.create("1", name="a", status="initialized")
    await writer.create("2", name="another")
    await writer.patch("1", name="b", status="validated", born=AT)
    await writer.drop("1", "name")
    await writer.delete("1")

    found = await steps(database, "1")

    assert [(step.entry["kind"], step.entry["revision"], step.turns) for step in found] == [
        ("Create", 1, [Turn("name", ABSENT, "a"), Turn("status", ABSENT, "initialized")]),
        ("AttributeValueChange", 2, [Turn("born", ABSENT, "2024-05-01T10:00:00.120Z"), Turn("name", "a", "b")]),
        ("StateChange", 2, [Turn("status", "initialized", "validated")]),
        ("AttributeValueChange", 3, [Turn("name", "b", ABSENT)]),
        (
            "Delete",
            4,
            [Turn("born", "2024-05-01T10:00:00.120Z", ABSENT), Turn("status", "validated", ABSENT)],
        ),
    ]


async def test_a_resource_that_took_the_id_of_a_deleted_one_follows_it(database: Database) -> None:
    writer = Writer(database)
    await writer.create("1", name="a")
    await writer.delete("1")
    await writer.create("1", name="b")

    found = await steps(database, "1")

    assert [(step.entry["kind"], step.entry["revision"]) for step in found] == [
        ("Create", 1),
        ("Delete", 2),
        ("Create", 1),
    ]


async def test_of_a_dropped_payload_only_the_names_are_left(database: Database) -> None:
    await Writer(database).create("1", name="a")
    await steps(database, "1")
    await Retention(database, days=1).drop_old(dates.now().replace(year=9999))

    [step] = await steps(database, "1")

    assert step.turns is None
    assert step.to_json()["changed"] == ["name"]
    assert dates.instant(step.to_json()["dropped"]) >= step.entry["loggedAt"]
    assert "changes" not in step.to_json()
    assert "name (the values were dropped" in history_lines(step)


def logged(**other: Any) -> dict[str, Any]:
    return {"_id": 17, **entry(**other), "at": AT, "loggedAt": AT}


def step_of(*turns: Turn, **other: Any) -> Step:
    return Step(logged(**other), list(turns))


def test_a_step_in_words() -> None:
    change = step_of(Turn("name", "a", {"given": "b"}), Turn("title", None, ABSENT), Turn("age", ABSENT, 7))

    assert history_lines(change).split("\n") == [
        "#17 2024-05-01T10:00:00.120Z IndividualAttributeValueChangeEvent revision 2 by alice (correlation order-17)",
        '    name: "a" → {"given":"b"}',
        "    title: null → nothing",
        "    age: nothing → 7",
    ]


def test_a_step_of_nobody_in_particular_names_nobody() -> None:
    assert history_lines(step_of(actor=None, correlationId=None)).endswith("Event revision 2")


def test_words_hold_nothing_that_a_terminal_would_obey() -> None:
    words = history_lines(step_of(Turn("n\x1b[31m", "\x9b2J", "\x07\n"), actor="mallory\r\n#18\x1b]0;x\x07"))

    assert all(each.isprintable() for each in words.replace("\n", ""))
    assert len(words.split("\n")) == 2


def test_a_step_as_data_leaves_out_what_is_absent() -> None:
    change = step_of(Turn("name", None, "b"), Turn("title", "Dr", ABSENT)).to_json()

    assert (change["sequence"], change["at"], change["actor"]) == (17, "2024-05-01T10:00:00.120Z", "alice")
    assert change["changes"] == [
        {"attribute": "name", "from": None, "to": "b"},
        {"attribute": "title", "from": "Dr"},
    ]
