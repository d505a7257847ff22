# SPDX-License-Identifier: Apache-2.0
"""What a log line tells, and how lines reach their file: at once, or those of a server together after a moment."""

import asyncio
import io
import logging
import threading
from collections.abc import Callable
from select import PIPE_BUF
from typing import Any

import orjson
import pytest
import structlog

from app import logs
from app.logs import Lines


class File(io.BytesIO):
    """Remembers each write, which is a system call for a file that is not in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.written = asyncio.Event()

    def write(self, written: object) -> int:
        self.writes.append(bytes(written))  # type: ignore[call-overload]
        self.written.set()
        return len(self.writes[-1])


def written(work: Callable[[Lines], object], *, size: int = 0) -> list[bytes]:
    """What `work`, in an event loop that gathers lines, wrote by the time that so many bytes had reached the file."""
    file = File()

    async def main() -> None:
        lines = Lines(file)
        lines.gather()
        work(lines)
        async with asyncio.timeout(30):
            while sum(map(len, file.writes)) < size:
                file.written.clear()
                await file.written.wait()

    asyncio.run(main())
    return file.writes


def test_a_line_is_written_at_once_where_none_are_gathered() -> None:
    file = File()
    lines = Lines(file)
    lines.info(b"one\n")
    lines.debug(b"two\n")
    assert file.writes == [b"one\n", b"two\n"]


def test_gathered_lines_are_written_together_after_a_moment() -> None:
    def work(lines: Lines) -> None:
        lines.info(b"one\n")
        lines.info(b"two\n")

    assert written(work) == []
    assert written(work, size=8) == [b"one\ntwo\n"]


def test_a_warning_and_what_waited_before_it_are_written_at_once_and_in_order() -> None:
    def work(lines: Lines) -> None:
        lines.info(b"one\n")
        lines.warning(b"two\n")
        lines.error(b"three\n")
        lines.info(b"four\n")

    assert written(work) == [b"one\ntwo\n", b"three\n"]


def test_no_line_is_lost_when_the_server_stops() -> None:
    def work(lines: Lines) -> None:
        lines.info(b"one\n")
        lines.release()
        lines.info(b"two\n")

    assert written(work) == [b"one\n", b"two\n"]


def test_no_write_is_so_long_that_a_pipe_of_several_processes_would_tear_it_apart() -> None:
    line = b"x" * 299 + b"\n"
    writes = written(lambda lines: [lines.info(line) for _ in range(100)], size=100 * len(line))
    assert b"".join(writes) == line * 100
    assert len(writes) < 10
    assert all(len(write) <= PIPE_BUF and write.endswith(b"\n") for write in writes)


def test_a_line_longer_than_that_is_one_write_of_its_own() -> None:
    def work(lines: Lines) -> None:
        lines.info(b"one\n")
        lines.error(b"x" * PIPE_BUF + b"\n")

    assert written(work) == [b"one\n", b"x" * PIPE_BUF + b"\n"]


def test_lines_of_other_threads_do_not_wait() -> None:
    def work(lines: Lines) -> None:
        thread = threading.Thread(target=lines.info, args=[b"one\n"])
        thread.start()
        thread.join()

    assert written(work) == [b"one\n"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> File:
    """The file to which `logs.info` writes."""
    file = File()
    monkeypatch.setattr(logs, "_lines", Lines(file))
    monkeypatch.setattr(logs, "_level", logging.INFO)
    return file


def structlogs(log: File) -> Any:
    """A logger of structlog that writes to the same file."""
    wrapper = structlog.make_filtering_bound_logger(logging.INFO)
    return structlog.wrap_logger(Lines(log), processors=logs._PROCESSORS, wrapper_class=wrapper)


def told(log: File) -> list[dict[str, Any]]:
    """The lines but for their timestamps, which are to be there."""
    lines = [orjson.loads(line) for line in log.writes]
    return [{name: value for name, value in line.items() if name != "timestamp" or not value} for line in lines]


@pytest.mark.parametrize("id", ["0af7651916cd43dd", None])
def test_a_line_is_the_same_with_and_without_the_steps_of_structlog(log: File, id: str | None) -> None:
    request = logs.correlation.set(id)
    logs.info("request", path="/ü", status=None, ms=1.5)
    structlogs(log).info("request", path="/ü", status=None, ms=1.5)
    logs.correlation.reset(request)
    known = {"correlation_id": id} if id else {}
    expected = {"path": "/ü", "status": None, "ms": 1.5, "event": "request", **known, "level": "info"}
    assert told(log) == [expected, expected]


def test_no_line_is_written_below_the_level(log: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_level", logging.WARNING)
    logs.info("request")
    assert log.writes == []


def test_a_failure_is_told_by_its_type_and_place_and_never_by_what_a_client_sent(log: File) -> None:
    def fail() -> None:
        try:
            raise ValueError("Jane")
        except ValueError as cause:
            raise ExceptionGroup("Doe", [KeyError("Smith"), OSError("Roe")]) from cause

    try:
        fail()
    except ExceptionGroup:
        structlogs(log).exception("request failed")
    [line] = told(log)
    assert [name for name in ("ValueError", "KeyError", "OSError", "ExceptionGroup") if name in line["exception"]] == [
        "ValueError",
        "KeyError",
        "OSError",
        "ExceptionGroup",
    ]
    assert "in fail" in line["exception"]
    values = [value for value in line["exception"].splitlines() if not value.lstrip().startswith(("raise", "File"))]
    assert not [name for name in ("Jane", "Doe", "Smith", "Roe") if name in "\n".join(values)]


def test_a_failure_is_told_as_text(log: File) -> None:
    structlogs(log).error("request failed", exc_info=ValueError("no such luck"))
    structlogs(log).error("request failed", exc_info=None)
    first, second = told(log)
    assert first.pop("exception") == "builtins.ValueError\n"
    assert first == second == {"event": "request failed", "level": "error"}
