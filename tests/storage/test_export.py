# SPDX-License-Identifier: Apache-2.0
"""The export of the event log: every entry once, in order, whole, wherever it stopped before."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.audit import export as module
from app.audit.export import Export, beginning
from app.audit.file import appending
from app.audit.lines import line
from app.domain import dates
from app.errors import StartError
from app.storage.event_log.chain import START, Mark
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.retention import Retention
from app.storage.mongod.durable import Database
from tests.storage.entries import entry
from tests.storage.watching import logged, until

pytestmark = pytest.mark.anyio

MEMBERS = [
    *("sequence", "eventId", "eventType", "api", "resource", "resourceId", "revision", "at", "loggedAt"),
    *("actor", "client", "correlationId", "changed", "before", "document", "hash"),
]


async def filled(database: Database, length: int) -> EventLog:
    log = EventLog(database)
    if length:
        await log.append([entry(number) for number in range(length)])
    return log


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in file.read_bytes().splitlines()]


def sequences(file: Path) -> list[int]:
    return [each["sequence"] for each in lines(file)]


async def exported(log: EventLog, file: Path, first: int | None = None) -> int:
    """Export to the end of the log; answers the number to go on from."""
    with appending(file) as (descriptor, last):
        export = Export(log, descriptor, await beginning(log, last, first))
        await export.run(asyncio.Event(), follow=False)
    return export.next


async def test_a_line_tells_the_whole_entry(database: Database, tmp_path: Path) -> None:
    log = await filled(database, 1)
    await exported(log, tmp_path / "events")
    [known] = await logged(database)

    [told] = lines(tmp_path / "events")
    assert list(told) == MEMBERS
    assert (told["sequence"], told["actor"], told["correlationId"]) == (1, "alice", "order-17")
    assert (told["at"], told["loggedAt"]) == (dates.text(known["at"]), dates.text(known["loggedAt"]))
    assert told["document"] == {**known["document"], "born": dates.text(known["document"]["born"])}
    assert told["before"] == {"givenName": "Jane", "born": dates.text(known["before"]["born"])}
    assert told["hash"] == known["hash"]


async def test_a_line_whose_payload_went_says_when(database: Database, tmp_path: Path) -> None:
    log = await filled(database, 1)
    await Retention(database, days=1).drop_old(dates.now().replace(year=9999))
    await exported(log, tmp_path / "events")

    [told] = lines(tmp_path / "events")
    assert list(told) == [*(name for name in MEMBERS if name not in ("before", "document", "hash")), "dropped", "hash"]


async def test_an_export_goes_on_where_the_file_ends(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "events"
    log = await filled(database, 3)
    assert await exported(log, file) == 4
    assert await exported(log, file) == 4
    await log.append([entry(), entry()])
    assert await exported(log, file, first=4) == 6

    assert sequences(file) == [1, 2, 3, 4, 5]


async def test_an_export_begins_where_it_is_told(database: Database, tmp_path: Path) -> None:
    log = await filled(database, 5)
    await exported(log, tmp_path / "some", first=4)
    assert await exported(log, tmp_path / "none", first=6) == 6

    assert sequences(tmp_path / "some") == [4, 5]
    assert sequences(tmp_path / "none") == []


async def test_what_would_leave_a_gap_or_repeat_is_refused(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "events"
    log = await filled(database, 3)
    with pytest.raises(StartError, match="ends with entry 3; --from 5 would leave a gap"):
        await beginning(log, START, 5)
    await exported(log, file)
    for first in (1, 3, 5):
        with pytest.raises(StartError, match="ends with entry 3; leave --from out"):
            await exported(log, file, first=first)

    assert sequences(file) == [1, 2, 3]


async def test_a_file_of_another_log_is_refused(database: Database, tmp_path: Path) -> None:
    log = await filled(database, 3)
    for other in (Mark(3, "0" * 64), Mark(4, "0" * 64)):
        with pytest.raises(StartError, match="as this event log does not hold it"):
            await beginning(log, other, None)


async def test_an_entry_that_is_missing_is_not_passed_over(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "events"
    log = await filled(database, 4)
    await database["event"].delete_one({"_id": 3})
    with pytest.raises(StartError, match="Entry 3 is missing"):
        await exported(log, file)

    assert sequences(file) == [1, 2]


async def test_a_followed_log_is_exported_as_it_grows(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FOLLOW_SECONDS", 0.01)
    file, stop = tmp_path / "events", asyncio.Event()
    log = await filled(database, 2)
    with appending(file) as (descriptor, _):
        following = asyncio.create_task(Export(log, descriptor, 1).run(stop, follow=True))
        await until(lambda: sequences(file) == [1, 2])
        await log.append([entry()])
        await until(lambda: sequences(file) == [1, 2, 3])
        stop.set()
        await following


async def test_an_export_that_is_stopped_knows_where_to_go_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, stop = tmp_path / "events", asyncio.Event()
    write = module.write_whole

    def stopping(descriptor: int, data: bytes) -> None:
        write(descriptor, data)
        stop.set()

    log = await filled(database, 5)
    monkeypatch.setattr(module, "write_whole", stopping)
    with appending(file) as (descriptor, _):
        export = Export(log, descriptor, 1)
        await export.run(stop, follow=False)

    assert (sequences(file), export.next) == ([1], 2)


WHOLE = [
    line({"_id": number, **entry(number), "loggedAt": dates.now(), "hash": f"{number:064}"}) for number in (1, 2, 3)
]
FILE = b"".join(WHOLE)


@contextmanager
def file_of(contents: bytes, directory: Path) -> Iterator[Path]:
    file = directory / "torn"
    file.write_bytes(contents)
    yield file
    file.unlink()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(FILE)))
def test_a_line_that_a_crash_tore_is_cut_off(tmp_path: Path, length: int) -> None:
    whole = FILE[:length].count(b"\n")
    with file_of(FILE[:length], tmp_path) as file:
        with appending(file) as (_, last):
            assert last == (Mark(whole, f"{whole:064}") if whole else START)
        assert file.read_bytes() == b"".join(WHOLE[:whole])


def test_a_line_longer_than_what_is_read_at_once_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 7, 64, len(WHOLE[2]), len(WHOLE[2]) + 1):
        monkeypatch.setattr("app.audit.file.BLOCK", size)
        with file_of(FILE, tmp_path) as file, appending(file) as (_, last):
            assert last.sequence == 3


@pytest.mark.parametrize(
    "contents", [b"notes", b"notes\n", b"{}\n", b"[1]\n", b'{"sequence":"x"}\n', FILE + b"notes", b"\n"]
)
def test_a_file_that_is_no_export_is_left_as_it_is(tmp_path: Path, contents: bytes) -> None:
    with file_of(contents, tmp_path) as file:
        with pytest.raises(StartError, match="does not end with a line of an export"), appending(file):
            pass
        assert file.read_bytes() == contents


def test_two_exports_do_not_write_to_one_file(tmp_path: Path) -> None:
    file = tmp_path / "events"
    with appending(file), pytest.raises(StartError, match="another export writes to it"), appending(file):
        pass
    with appending(file) as (_, last):
        assert last == START


def test_only_its_owner_may_read_an_export(tmp_path: Path) -> None:
    with appending(tmp_path / "events"):
        assert (tmp_path / "events").stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No such file"), appending(tmp_path / "nowhere" / "events"):
        pass


def test_a_full_disk_is_told() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(StartError, match="cannot be written: No space left"):
            module.write_whole(descriptor, b"x")
    finally:
        os.close(descriptor)


def test_a_reader_that_left_is_told_apart() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with pytest.raises(BrokenPipeError):
            module.write_whole(writing, b"x")
    finally:
        os.close(writing)
