"""Log lines: one JSON object each on standard error, with the correlation id of the request they belong to."""

import logging
import sys

import orjson
import structlog


def configure(level: str) -> None:
    """Write lines of at least `level`, ours and those of the libraries alike."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_serialized),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _serialized(event: object, **_: object) -> bytes:
    return orjson.dumps(event, default=str)
