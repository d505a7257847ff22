# SPDX-License-Identifier: Apache-2.0
"""Verification: whatever is done to the log afterwards is found, but for a payload that was dropped in order."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from app.domain import dates
from app.domain.json_values import equal
from app.storage.event_log.chain import DROPPED, PAYLOAD, START, Mark, content_hash, digest, link, own_hash
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import BrokenChain, VerificationResult
from tests.storage.entries import checked, entry
from tests.storage.listening import opened

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
Log = list[dict[str, Any]]

LENGTH = 4
LAW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ABSENT = object()

sequences = st.integers(1, LENGTH)
values = (
    st.just(ABSENT)
    | st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.text("ab0", max_size=3)
    | st.just({"a": 1})
    | st.just([])
)


def written() -> Log:
    """A log as the relay writes it."""
    entries = [entry(number) for number in range(1, LENGTH + 1)]
    return list(link(entries, sequence=0, previous=START.hash, logged_at=dates.now()))


def end(log: Log) -> Mark:
    return Mark(log[-1]["_id"], log[-1]["hash"])


def without_payload(one: dict[str, Any]) -> dict[str, Any]:
    """An entry as retention leaves it."""
    return {**{name: value for name, value in one.items() if name not in PAYLOAD}, DROPPED: dates.now()}


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something in an entry can be changed: every member and element, and a new member of every object."""
    if place:
        yield place
    if isinstance(value, dict):
        yield (*place, "new")
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*place, step))


def changed(one: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The entry with another value at a place."""
    one = deepcopy(one)
    *way, last = place
    inner: Any = one
    for step in way:
        inner = inner[step]
    if value is not ABSENT:
        inner[last] = value
    elif isinstance(inner, list) or last in inner:
        del inner[last]
    return one


async def verify(
    mongo: Mongo, uri: str, database: str, log: Log, noted: Mark | None = None, first: int = 1
) -> VerificationResult:
    """Verify a database that holds this log."""
    mongo[database]["event"].delete_many({})
    mongo[database]["event"].insert_many(log)
    async with opened(uri, database) as opened_database:
        return await checked(EventLog(opened_database), first, noted)


@LAW
@given(data=st.data(), sequence=sequences, value=values, dropped=st.booleans())
async def test_whatever_is_changed_in_an_entry_is_found(
    mongo: Mongo, mongodb_uri: str, clean_database: str, data: st.DataObject, sequence: int, value: Any, dropped: bool
) -> None:
    log = written()
    noted, one = end(log), log[sequence - 1]
    if dropped:
        one = without_payload(one)
    place = data.draw(st.sampled_from([place for place in places(one) if place != ("_id",)]))
    log[sequence - 1] = changed(one, place, value)
    assume(not equal(log[sequence - 1], one))

    with pytest.raises(BrokenChain) as broken:
        await verify(mongo, mongodb_uri, clean_database, log, noted)
    assert broken.value.sequence == sequence


@LAW
@given(data=st.data(), sequence=sequences, value=values)
async def test_who_forges_the_hashes_of_an_entry_too_is_found_at_the_next_one_or_by_the_noted_end(
    mongo: Mongo, mongodb_uri: str, clean_database: str, data: st.DataObject, sequence: int, value: Any
) -> None:
    log = written()
    noted, one = end(log), log[sequence - 1]
    inner = [place for place in places(one) if place[0] in PAYLOAD and len(place) > 1]
    forged = changed(one, data.draw(st.sampled_from(inner)), value)
    assume(not equal(forged, one))
    forged["contentHash"] = content_hash(forged)
    forged["hash"] = own_hash(forged)
    log[sequence - 1] = forged

    with pytest.raises(BrokenChain) as broken:
        await verify(mongo, mongodb_uri, clean_database, log, noted)
    assert broken.value.sequence == min(sequence + 1, LENGTH)


@given(order=st.permutations(range(LENGTH)))
@LAW
async def test_entries_that_changed_places_are_found(
    mongo: Mongo, mongodb_uri: str, clean_database: str, order: list[int]
) -> None:
    log = written()
    moved = [{**log[source], "_id": place["_id"]} for source, place in zip(order, log, strict=True)]
    assume(order != sorted(order))

    with pytest.raises(BrokenChain) as broken:
        await verify(mongo, mongodb_uri, clean_database, moved)
    assert broken.value.sequence == next(place + 1 for place, source in enumerate(order) if place != source)


@pytest.mark.parametrize("sequence", range(1, LENGTH))
async def test_an_entry_that_is_missing_is_found(
    mongo: Mongo, mongodb_uri: str, clean_database: str, sequence: int
) -> None:
    log = written()
    del log[sequence - 1]

    with pytest.raises(BrokenChain, match=f"entry {sequence} is missing") as broken:
        await verify(mongo, mongodb_uri, clean_database, log)
    assert broken.value.sequence == sequence


async def test_an_end_that_was_cut_off_is_found_only_against_a_note(
    mongo: Mongo, mongodb_uri: str, clean_database: str
) -> None:
    log = written()

    assert (await verify(mongo, mongodb_uri, clean_database, log[:2])).last == end(log[:2])
    with pytest.raises(BrokenChain, match="ends before it, but entry 4 was noted") as broken:
        await verify(mongo, mongodb_uri, clean_database, log[:2], end(log))
    assert broken.value.sequence == 3


async def test_another_log_in_the_place_of_the_noted_one_is_found(
    mongo: Mongo, mongodb_uri: str, clean_database: str
) -> None:
    log, other = written(), written()

    with pytest.raises(BrokenChain, match="not the one that was noted") as broken:
        await verify(mongo, mongodb_uri, clean_database, other, end(log[:3]))
    assert broken.value.sequence == 3
    with pytest.raises(BrokenChain, match="not the one that was noted"):
        await verify(mongo, mongodb_uri, clean_database, other, end(log[:3]), first=4)


async def test_a_log_that_went_on_since_it_was_noted_is_whole(
    mongo: Mongo, mongodb_uri: str, clean_database: str
) -> None:
    log = written()

    for noted in (START, end(log[:2]), end(log)):
        assert await verify(mongo, mongodb_uri, clean_database, log, noted) == VerificationResult(end(log), LENGTH)


async def test_verification_can_begin_anywhere(mongo: Mongo, mongodb_uri: str, clean_database: str) -> None:
    log = written()
    log[1]["kind"] = "Delete"

    assert await verify(mongo, mongodb_uri, clean_database, log, first=4) == VerificationResult(end(log), 1)
    with pytest.raises(BrokenChain, match="entry 8: it is missing"):
        await verify(mongo, mongodb_uri, clean_database, log, first=9)


async def test_a_payload_that_was_dropped_leaves_the_chain_whole(
    mongo: Mongo, mongodb_uri: str, clean_database: str
) -> None:
    log = written()
    log[:2] = map(without_payload, log[:2])

    assert await verify(mongo, mongodb_uri, clean_database, log) == VerificationResult(end(log), LENGTH, dropped=2)


async def test_a_payload_that_was_dropped_and_replaced_is_found(
    mongo: Mongo, mongodb_uri: str, clean_database: str
) -> None:
    whole = written()
    others: list[dict[str, Any]] = [{"document": {}}, {"before": {}}, {name: whole[0][name] for name in PAYLOAD}]
    for other in others:
        log = deepcopy(whole)
        log[1] = {**without_payload(log[1]), **other}
        with pytest.raises(BrokenChain, match="a payload again"):
            await verify(mongo, mongodb_uri, clean_database, log)
        del log[1][DROPPED]
        with pytest.raises(BrokenChain, match="payload was changed"):
            await verify(mongo, mongodb_uri, clean_database, log)


async def test_a_payload_cannot_go_before_it_was_logged(mongo: Mongo, mongodb_uri: str, clean_database: str) -> None:
    log = written()
    log[1] = {**without_payload(log[1]), DROPPED: log[1]["loggedAt"] - timedelta(milliseconds=1)}

    with pytest.raises(BrokenChain, match="not dropped in order"):
        await verify(mongo, mongodb_uri, clean_database, log)


def of_earlier_releases() -> Log:
    """A log whose payloads have no salt, and the first of them no former values, either, as in release 0.1."""
    log, previous = written(), START.hash
    for one in log:
        del one["salt"]
    for name in ("before", "actor"):
        del log[0][name]
    for one in log:
        payload = {name: one[name] for name in PAYLOAD if name in one}
        one["contentHash"] = digest(payload if "before" in payload else payload["document"])
        one["previousHash"] = previous
        previous = one["hash"] = own_hash(one)
    return log


async def test_entries_of_earlier_releases_still_verify(mongo: Mongo, mongodb_uri: str, clean_database: str) -> None:
    old = of_earlier_releases()
    new = [entry(number) for number in range(3)]
    log = [*old, *link(new, sequence=LENGTH, previous=old[-1]["hash"], logged_at=dates.now())]
    log[1], log[-2] = without_payload(log[1]), without_payload(log[-2])

    assert await verify(mongo, mongodb_uri, clean_database, log) == VerificationResult(end(log), LENGTH + 3, dropped=2)
    for one, name, value in ((0, "before", {}), (0, "salt", "00"), (2, "salt", "00"), (LENGTH, "salt", ABSENT)):
        tampered = [*log[:one], changed(log[one], (name,), value), *log[one + 1 :]]
        with pytest.raises(BrokenChain, match="payload was changed") as broken:
            await verify(mongo, mongodb_uri, clean_database, tampered)
        assert broken.value.sequence == one + 1


def test_a_guessed_payload_is_not_confirmed_by_what_stays_when_it_is_dropped() -> None:
    guess = entry()
    first, second = link([guess, guess], sequence=0, previous=START.hash, logged_at=dates.now())

    assert first["salt"] != second["salt"]
    assert first["contentHash"] != second["contentHash"]
    payload = {name: guess[name] for name in ("document", "before")}
    stays = without_payload(first)
    assert not {digest(payload), digest(payload["document"])} & {str(value) for value in stays.values()}
    assert not any(first["salt"] in str(value) for value in stays.values())


@pytest.mark.parametrize("text", ["", "1", "1:", f"1:{'g' * 64}", f"-1:{'a' * 64}", f"1:{'a' * 63}", f"x:{'a' * 64}"])
def test_what_is_no_note_of_an_end_is_not_taken(text: str) -> None:
    with pytest.raises(ValueError, match="is not <number>:<hash"):
        Mark.read(text)


def test_the_note_of_an_end_is_read_as_it_is_written() -> None:
    for mark in (START, Mark(17, digest("x"))):
        assert Mark.read(f" {mark}\n") == mark
