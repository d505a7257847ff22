# SPDX-License-Identifier: Apache-2.0
"""An event that the log has no room for: it is logged without its payload, and everything else goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import orjson
import pytest
from bson import encode
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from structlog.testing import capture_logs

from app.audit.history import history
from app.audit.lines import line
from app.audit.wording import history_lines
from app.domain import dates
from app.domain.events import change
from app.domain.origin import UNKNOWN
from app.errors import PayloadTooLarge, Unavailable
from app.events.topics.reports import reported_change
from app.storage.documents.bounds import LARGEST_DOCUMENT
from app.storage.documents.history import Past
from app.storage.documents.receipts import Key, Receipts
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.event_log.chain import OMISSION
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import BrokenChain
from app.storage.hubs.custom_topics import SOURCES as TOPICS
from app.storage.hubs.custom_topics import CustomTopicStore
from app.storage.mongod.durable import Database
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox
from tests.storage.entries import checked, entry
from tests.storage.listening import SOURCES, Ear, Writer, ear, hub, relay, running
from tests.storage.overgrown import LARGEST, SECRET, overgrown
from tests.storage.watching import logged, until

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]


@contextmanager
def noted(refusals: list[PayloadTooLarge]) -> Iterator[None]:
    """Within, a refusal is added to `refusals`."""
    try:
        yield
    except PayloadTooLarge as refusal:
        refusals.append(refusal)


@pytest.fixture
async def store(database: Database, clean_database: str, mongo: Mongo) -> Any:
    """A database with such a resource, `1`, and another one, `2`."""
    await Writer(database).create("2", name="before")
    mongo[clean_database]["individual"].insert_one(overgrown("1", name="n"))
    await Writer(database).create("3", name="after")
    return database


async def drained(store: Any) -> list[dict[str, Any]]:
    while await relay(store).drain():
        pass
    return await logged(store)


async def test_it_is_logged_without_its_payload_and_all_others_with_theirs(store: Any) -> None:
    found = await drained(store)
    assert [(each["resourceId"], "document" in each) for each in found] == [("2", True), ("1", False), ("3", True)]
    assert str(LARGEST) in found[1][OMISSION]
    assert found[1]["changed"] == ["m16"]
    verified = await checked(EventLog(store))
    assert (verified.entries, verified.dropped) == (3, 1)
    assert await Outbox(store, SOURCES).oldest(10) == []


async def test_what_says_that_a_payload_was_left_out_is_covered_by_the_chain(store: Any) -> None:
    await drained(store)
    await store["event"].update_one({"_id": 2}, {"$unset": {OMISSION: True}})
    with pytest.raises(BrokenChain, match="changed"):
        await checked(EventLog(store))


async def test_relays_that_take_it_over_neither_double_nor_reorder(store: Any) -> None:
    seen = await Outbox(store, SOURCES).oldest(10)
    first = await EventLog(store).append(list(entries(seen)))
    assert [each["resourceId"] for each in first] == ["2", "1"]
    assert await EventLog(store).append(list(entries(seen))) == []
    assert [each["resourceId"] for each in await drained(store)] == ["2", "1", "3"]


async def test_no_log_line_holds_what_a_resource_holds(store: Any) -> None:
    with capture_logs() as lines:
        await drained(store)
    [line] = lines
    assert line["event"] == "an event is logged without its payload"
    assert SECRET not in str(line)
    assert len(str(line)) < 500


async def test_listeners_hear_which_resource_it_happened_to(store: Any) -> None:
    async with ear() as v4, ear() as v5:
        await hub(store).register({"callback": v4.url})
        await hub(store, version="v5").register({"callback": v5.url})
        async with running(relay(store)):
            await until(lambda: len(v4.heard) == 3 and len(v5.heard) == 3)
    for listener, href in ((v4, "http://here/1"), (v5, "http://here/v5/1")):
        event = heard(listener, "1")
        assert event["eventType"] == "IndividualAttributeValueChangeEvent"
        payload = event["event"]["individual"]
        assert {name: value for name, value in payload.items() if name != "@type"} == {"id": "1", "href": href}


def heard(listener: Ear, id: str) -> dict[str, Any]:
    return next(body for body in listener.heard if body["event"]["individual"]["id"] == id)


async def test_the_audit_says_why_there_are_no_values(store: Any) -> None:
    found = await drained(store)
    [step] = [step async for step in history(EventLog(store), "Individual", "1")]
    assert f"m16 (the values are not in the log: {found[1][OMISSION]})" in history_lines(step)
    assert step.to_json()[OMISSION] == orjson.loads(line(found[1]))[OMISSION] == found[1][OMISSION]


async def test_the_past_says_that_it_is_not_known(store: Any) -> None:
    found = await drained(store)
    await Writer(store).patch("1", m16="")
    state = (await Past(store, "Individual", 5000).trace("1", found[1]["at"])).state
    assert state
    assert (state.document, state.omission) == (None, found[1][OMISSION])


async def remove(store: Any) -> None:
    await Writer(store).delete("1")


async def shrink(store: Any) -> None:
    await Writer(store).drop("1", "m0")


@pytest.mark.parametrize("act", [remove, shrink])
async def test_what_happens_to_it_next_waits_for_the_relay_and_is_told(store: Any, act: Any) -> None:
    with pytest.raises(Unavailable, match="try again") as refused:
        await act(store)
    assert refused.value.headers == {"Retry-After": "1"}
    assert [each["resourceId"] for each in await drained(store)] == ["2", "1", "3"]

    await act(store)
    last = (await drained(store))[-1]
    assert (last["resourceId"], last["revision"], last["kind"]) == (
        "1",
        19,
        "Delete" if act is remove else "AttributeValueChange",
    )
    assert await store["departed"].count_documents({}) == 0
    assert await Outbox(store, SOURCES).oldest(10) == []
    assert (await checked(EventLog(store))).entries == 4


async def test_what_has_no_room_for_any_change_can_only_shrink(store: Any) -> None:
    await drained(store)
    with pytest.raises(PayloadTooLarge, match="remove attributes, or delete it"):
        await Writer(store).patch("1", name="o")


async def test_what_has_shrunk_is_told_whole_again(store: Any) -> None:
    await drained(store)
    await Writer(store).drop("1", *(f"m{number}" for number in range(12)))
    assert OMISSION in (await drained(store))[-1]
    await Writer(store).patch("1", name="o")
    last = (await drained(store))[-1]
    assert (last["document"]["name"], last["before"]) == ("o", {"name": "n"})
    await remove(store)
    assert (await drained(store))[-1]["document"]["name"] == "o"


async def test_seventeen_patches_do_not_make_one_any_more(database: Database) -> None:
    writer = Writer(database)
    refusals: list[PayloadTooLarge] = []
    await writer.create("1", name="n")
    for number in range(17):
        with noted(refusals):
            await writer.patch("1", **{f"m{number}": SECRET * 25_000})
    found = await drained(database)
    assert len(found) == 8
    assert len(refusals) == 10
    assert all("are the most" in str(refusal) for refusal in refusals)
    assert all("document" in each for each in found)
    await writer.delete("1")
    assert "document" in (await drained(database))[-1]


async def test_changes_that_wait_too_long_are_refused_for_a_while_and_none_is_lost(database: Database) -> None:
    writer = Writer(database)
    await writer.create("1", text="1" * 1_000_000)

    async def patch_on() -> None:
        for number in count():
            await writer.patch("1", text=str(number % 10) * 1_000_000 + str(number))

    with pytest.raises(Unavailable, match="try again"):
        await patch_on()
    revision = (await Repository(database, "Individual", 5000).get("1")).revision
    assert 10 < revision < 40
    assert [each["revision"] for each in await drained(database)] == list(range(1, revision + 1))
    await writer.patch("1", text="short")
    await writer.delete("1")
    assert [each["kind"] for each in await drained(database)][-2:] == ["AttributeValueChange", "Delete"]


async def test_deletions_of_one_id_that_wait_too_long_are_refused_for_a_while(database: Database) -> None:
    writer = Writer(database)

    async def live_on() -> None:
        for _ in count():
            await writer.create("1", text="x" * 6_000_000)
            await writer.delete("1")

    with pytest.raises(Unavailable, match="try again"):
        await live_on()
    await drained(database)
    await writer.delete("1")
    assert [each["kind"] for each in await drained(database)] == ["Create", "Delete"] * 3


@pytest.mark.parametrize(
    "payload",
    [
        {"document": {"a": "x" * LARGEST}},
        {"before": {"a": "x" * LARGEST}},
        {"document": {"a\0b": 1}},
    ],
    ids=["document too large", "before too large", "name with a null"],
)
async def test_whatever_cannot_be_written_holds_up_no_other_entry(database: Database, payload: dict[str, Any]) -> None:
    log = EventLog(database)
    appended = await log.append([entry(1), entry(2, **payload), entry(3, **payload), entry(4)])
    assert [each["resourceId"] for each in appended] == ["1", "2", "3", "4"]
    assert [OMISSION in each for each in await logged(database)] == [False, True, True, False]
    assert (await checked(log)).entries == 4


async def test_what_fills_an_entry_to_the_last_byte_keeps_its_payload(database: Database) -> None:
    log = EventLog(database)
    [probe] = await log.append([entry(1, document={"x": ""})])
    room = LARGEST - len(encode(probe))
    fits, exceeds = (entry(number, document={"x": "y" * (room + number - 2)}) for number in (2, 3))
    await log.append([fits, exceeds])
    assert [OMISSION in each for each in await logged(database)] == [False, False, True]


async def test_a_failure_of_the_database_costs_no_entry_its_payload(
    database: Database, clean_database: str, mongo: Mongo
) -> None:
    mongo[clean_database].command("collMod", "event", validator={"api": "nothing"})
    with pytest.raises(PyMongoError):
        await EventLog(database).append([entry(1)])
    assert await logged(database) == []
    mongo[clean_database].command("collMod", "event", validator={})
    await EventLog(database).append([entry(1)])
    assert ["document" in each for each in await logged(database)] == [True]


def _deletion(document: dict[str, Any]) -> Any:
    return change(revision=2, at=dates.now(), origin=UNKNOWN, before=document, after=None, state_field=None)


async def test_a_deletion_that_nothing_has_room_for_tells_that_it_was(
    clean_database: str, documents: Repository, rows: Any
) -> None:
    rows.insert_one(overgrown("1"))
    rows.update_one({"_id": "1"}, {"$unset": {"pending": True}})
    row = rows.find_one({"_id": "1"})
    seen = StoredDocument("1", row["revision"], row["document"], row["changed"])
    await documents.remove(seen, _deletion(row["document"]))
    [left] = rows.database["departed"].find()
    [change] = left["pending"]
    assert "document" not in change
    assert "too large" in change[OMISSION]


def exactly(size: int) -> dict[str, Any]:
    """What takes exactly so many bytes."""
    return {"eventType": "x", "event": "y" * (size - len(encode({"eventType": "x", "event": ""})))}


async def test_the_largest_report_is_logged_whole_and_a_larger_one_refused(store: Any) -> None:
    kept = CustomTopicStore(store, 5000)
    await store["topic"].insert_one({"_id": "t", "document": {"name": "t"}})
    at = dates.now()
    largest, larger = exactly(LARGEST_DOCUMENT), exactly(LARGEST_DOCUMENT + 1)
    with pytest.raises(PayloadTooLarge, match="are the most"):
        await kept.report("e1", reported_change(larger, id="e1", at=at, origin=UNKNOWN, topic="t"))
    await kept.report("e2", reported_change(largest, id="e2", at=at, origin=UNKNOWN, topic="t"))
    for found in await Outbox(store, TOPICS).oldest(10):
        await EventLog(store).append(list(entries([found])))
    assert [(each["eventId"], "document" in each) for each in await logged(store)] == [("e2", True)]


async def test_a_receipt_has_room_for_the_largest_resource(store: Any) -> None:
    documents, document = Repository(store, "Individual", 5000), exactly(LARGEST_DOCUMENT)
    announced = change(revision=1, at=dates.now(), origin=UNKNOWN, before=None, after=document, state_field=None)
    assert announced
    key = Key("k", "f")
    write = partial(documents.insert_within, "large", document, announced, frozenset())
    assert await Receipts(store, 1).keep(key, {"document": document}, write) is None
    assert await Receipts(store, 1).find(key) == {"document": document}
    assert (await documents.get("large")).document == document
