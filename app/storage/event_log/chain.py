# SPDX-License-Identifier: Apache-2.0
"""The hashes of the event log: each entry vouches for its payload and for the entry before it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import bson
import orjson
from bson import Int64
from bson.raw_bson import RawBSONDocument

from app.errors import shorten
from app.storage.documents import rows

Entry = Mapping[str, Any]

ORIGIN = "0" * 64
"""What the first entry names as the hash before it."""

PAYLOAD = ("document", "before")
"""The members of an entry that hold what documents contained, and that may go one day."""

DROPPED = "dropped"
"""The member that tells when the payload of an entry went. No hash covers it: it comes after them."""


OMISSION = rows.OMISSION
"""The member that says why an entry was logged without its payload, and that the hash of the entry covers."""

_MARK = re.compile("([0-9]{1,18}):([0-9a-f]{64})")


class Mark(NamedTuple):
    """An entry of the log as it is noted elsewhere: its number and its hash. As text it is `<number>:<hash>`."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Mark":
        """The mark that `text` tells. Raises `ValueError`."""
        match = _MARK.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"'{shorten(text)}' is not <number>:<hash of 64 hexadecimal digits>")
        return cls(int(match[1]), match[2])


START = Mark(0, ORIGIN)
"""What is before the first entry."""

_UNCOVERED = frozenset({*PAYLOAD, DROPPED, "hash"})


def link(entries: Iterable[Entry], *, sequence: int, previous: str, logged_at: datetime) -> Iterator[dict[str, Any]]:
    """`entries` as they are logged after the entry `sequence`, whose hash is `previous`."""
    for entry in entries:
        sequence += 1
        omitted = OMISSION in entry
        whole = {
            "_id": Int64(sequence),
            **(without_payload(entry) if omitted else entry),
            "loggedAt": logged_at,
            "contentHash": _content_hash(entry) if "document" in entry else ORIGIN,
            "previousHash": previous,
        }
        previous = whole["hash"] = own_hash(whole)
        if omitted:
            whole[DROPPED] = logged_at
        yield whole


def without_payload(entry: Entry) -> dict[str, Any]:
    """What an entry tells beside its payload."""
    return {name: value for name, value in entry.items() if name not in PAYLOAD}


def own_hash(entry: Entry) -> str:
    """The hash of an entry without its payload, so that a payload can be dropped and the chain still holds."""
    return digest({name: value for name, value in entry.items() if name not in _UNCOVERED})


def fault(entry: Entry, *, sequence: int, previous: str) -> str | None:
    """What is wrong with `entry` as number `sequence` after the hash `previous`; None when nothing is."""
    if entry["_id"] != sequence:
        return f"entry {sequence} is missing"
    if entry.get("previousHash") != previous:
        return "it does not follow the entry before it"
    if entry.get("hash") != own_hash(entry):
        return "it was changed"
    return _fault_of_dropped(entry) if DROPPED in entry else _fault_of_payload(entry)


def digest(value: Any) -> str:
    """SHA-256, in hex, over the canonical JSON of `value`: sorted names, dates as UTC text with milliseconds."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return sha256(orjson.dumps(value, default=_canonical, option=options)).hexdigest()


def _fault_of_payload(entry: Entry) -> str | None:
    whole = "document" in entry and entry["contentHash"] == _content_hash(entry)
    return None if whole else "its payload was changed"


def _fault_of_dropped(entry: Entry) -> str | None:
    if any(name in entry for name in PAYLOAD):
        return "it has a payload again after its own was dropped"
    at = entry[DROPPED]
    return None if isinstance(at, datetime) and at >= entry["loggedAt"] else "its payload was not dropped in order"


def _content_hash(entry: Entry) -> str:
    # Entries of release 0.1 have no `before`: theirs is the hash of the bare document.
    payload = {name: entry[name] for name in PAYLOAD if name in entry}
    return digest(payload if "before" in payload else payload["document"])


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, RawBSONDocument):
        return bson.decode(value.raw)
    # Types that only BSON has come in by an import at most; refusing them here would hold up every other event.
    return f"{type(value).__name__}({value})"
