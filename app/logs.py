# SPDX-License-Identifier: Apache-2.0
"""Log lines: one JSON object each on standard error, with the correlation id of the request they belong to."""

import atexit
import logging
import sys
from asyncio import AbstractEventLoop, TimerHandle, get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from select import PIPE_BUF
from threading import Lock, get_ident
from traceback import format_tb
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LONGEST_WAIT = 0.1
"""Seconds that a line of a server may wait to be written together with others."""

correlation: ContextVar[str | None] = ContextVar("correlation", default=None)
"""The correlation id of the present request, for its log lines."""


class Lines:
    """A writer of lines: at once, but between `gather` and `release` lines below a warning are buffered."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = Lock()
        self._waiting = bytearray()
        self._due: TimerHandle | None = None
        self._gathering: tuple[AbstractEventLoop, int] | None = None

    def at_once(self, line: bytes) -> None:
        """Write the buffer, and then the line."""
        with self._lock:
            self._add(line)
            self._write()

    warn = warning = error = exception = critical = fatal = failure = err = at_once

    def soon(self, line: bytes) -> None:
        """Write the line within `LONGEST_WAIT` seconds, if lines of this thread are buffered, else at once."""
        if self._gathering and self._gathering[1] == get_ident():
            with self._lock:
                self._add(line)
                self._due = self._due or self._gathering[0].call_later(LONGEST_WAIT, self.flush)
        else:
            self.at_once(line)

    msg = debug = info = log = soon

    def flush(self) -> None:
        """Write the buffer."""
        with self._lock:
            self._write()

    def gather(self) -> None:
        """Buffer lines of this thread, which runs an event loop, from here on."""
        self._gathering = get_running_loop(), get_ident()
        # Only for a process that ends without `release`.
        atexit.register(self.flush)

    def release(self) -> None:
        """Write the buffer, and all further lines at once."""
        self._gathering = None
        self.flush()
        atexit.unregister(self.flush)

    def _add(self, line: bytes) -> None:
        # What is longer may be torn apart where several processes write into one pipe.
        if len(self._waiting) + len(line) > PIPE_BUF:
            self._write()
        self._waiting += line

    def _write(self) -> None:
        if self._due:
            self._due.cancel()
        together, self._waiting, self._due = self._waiting, bytearray(), None
        if together:
            self._file.write(together)
            self._file.flush()


_lines = Lines(sys.stderr.buffer)
_level = logging.INFO


def configure(level: str) -> None:
    """Write lines of at least `level`, ours and those of the libraries alike."""
    global _lines, _level
    _lines, _level = Lines(sys.stderr.buffer), logging.getLevelNamesMapping()[level.upper()]
    _relay_libraries()
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(_level),
        logger_factory=_logger_factory,
        cache_logger_on_first_use=True,
    )


class _OfLibraries(logging.Handler):
    """Writes what libraries log as lines of our own, at once: it is seldom good news."""

    def emit(self, record: logging.LogRecord) -> None:
        said: EventDict = {"event": record.getMessage().strip(), "logger": record.name}
        if record.exc_info:
            said["exc_info"] = record.exc_info
        _lines.at_once(_line(None, record.levelname.lower(), said))


def _relay_libraries() -> None:
    """Take the warnings and errors of libraries, such as the HTTP server's, which would write text of their own."""
    others = [handler for handler in logging.root.handlers if not isinstance(handler, _OfLibraries)]
    logging.root.handlers = [*others, _OfLibraries(max(logging.WARNING, _level))]
    logging.captureWarnings(capture=True)


@contextmanager
def buffered_logging() -> Iterator[None]:
    """Within, which is in an event loop, lines below a warning may wait up to `LONGEST_WAIT` for each other.

    A server has a line for every request, and a system call for each would cost more than to make it.
    """
    lines = _lines
    lines.gather()
    try:
        yield
    finally:
        lines.release()


def info(event: str, **said: Any) -> None:
    """Write a line as structlog would, without its steps: there is one for every request."""
    if _level <= logging.INFO:
        said["event"] = event
        _lines.soon(_text("info", said))


def _logger_factory(*_: Any) -> Lines:
    return _lines


def _line(logger: WrappedLogger, level: str, event: EventDict) -> bytes:
    """One step for what structlog has five of."""
    if failure := _failure(event.pop("exc_info", None)):
        event["exception"] = "".join(_format_traceback(failure))
    return _text(level, event)


def _failure(exc_info: Any) -> BaseException | None:
    """The exception that a line is about: one that was given, or the one that is being handled."""
    return exc_info if isinstance(exc_info, BaseException) else sys.exception() if exc_info else None


def _format_traceback(failure: BaseException) -> Iterator[str]:
    """Of what type a failure is and where it came about, after what caused it.

    Never with its message: that may repeat what a client sent, or what the database holds.
    """
    if cause := failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__):
        yield from _format_traceback(cause)
        yield "\n"
    parts = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    for part in parts:
        yield from _format_traceback(part)
        yield "\n"
    if failure.__traceback__:
        yield "Traceback (most recent call last):\n"
        yield from format_tb(failure.__traceback__)
    yield f"{type(failure).__module__}.{type(failure).__qualname__}\n"


def _text(level: str, event: EventDict) -> bytes:
    if id := correlation.get():
        event["correlation_id"] = id
    event["level"], event["timestamp"] = level, datetime.now(UTC)
    return orjson.dumps(event, str, orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


_PROCESSORS: list[Processor] = [_line]
"""Always the same list: a logger keeps the one that was set when it wrote first."""
