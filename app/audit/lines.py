# SPDX-License-Identifier: Apache-2.0
"""An entry of the event log as one line of JSON, for other systems."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.domain import dates
from app.storage.sealing.sealed_payloads import REMAINDER

Entry = Mapping[str, Any]

HAPPENED = (
    "eventId",
    "eventType",
    "api",
    "resource",
    "resourceId",
    "revision",
    "at",
    "loggedAt",
    "actor",
    "client",
    "correlationId",
)
"""The members of the head: event, resource, time, actor, and the client that it used."""

CONTAINED = ("changed", "before", "document", "dropped", "omission", REMAINDER, "hash")
"""The members with the content of the change, and the hashes."""


def heading(entry: Entry) -> dict[str, Any]:
    """The head of an entry, as JSON values: event, resource, time, actor, client; `sequence` is its number."""
    told = {"sequence": entry["_id"], **{name: entry.get(name) for name in HAPPENED}}
    written: dict[str, Any] = dates.with_text_dates(told)
    return written


def line(entry: Entry) -> bytes:
    """The whole entry as a line. One without its payload has no `before` and `document`, but when it was
    `dropped`, and an `omission` that says why, if it never had one, or the key of a party was destroyed; then
    the `remainder` is what concerns other parties alone."""
    rest = dates.with_text_dates({name: entry[name] for name in CONTAINED if name in entry})
    return orjson.dumps({**heading(entry), **rest}, default=str, option=orjson.OPT_APPEND_NEWLINE)
