"""Log lines: one JSON object each on standard error, with the correlation id of the request they belong to."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

correlation: ContextVar[str | None] = ContextVar("correlation", default=None)
"""The id that ties log lines to the request during which they are written."""


def configure(level: str) -> None:
    """Write lines of at least `level`, ours and those of the libraries alike."""
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _line(_logger: WrappedLogger, level: str, said: EventDict) -> bytes:
    """One step for what structlog has four of: there is a line for every request."""
    if id := correlation.get():
        said["correlation_id"] = id
    said["level"], said["timestamp"] = level, datetime.now(UTC)
    return orjson.dumps(said, str, orjson.OPT_UTC_Z)


_PROCESSORS: list[Processor] = [structlog.processors.format_exc_info, _line]
"""Always the same list: a logger keeps the one that was set when it wrote first."""
