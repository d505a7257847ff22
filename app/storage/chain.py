"""The hashes of the event log: each entry vouches for its document and for the entry before it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from bson import Int64

Entry = Mapping[str, Any]

ORIGIN = "0" * 64
"""What the first entry names as the hash before it."""


def linked(entries: Iterable[Entry], *, sequence: int, previous: str, logged_at: datetime) -> Iterator[dict[str, Any]]:
    """`entries` as they are logged after the entry `sequence`, whose hash is `previous`."""
    for entry in entries:
        sequence += 1
        whole = {
            "_id": Int64(sequence),
            **entry,
            "loggedAt": logged_at,
            "contentHash": digest(entry["document"]),
            "previousHash": previous,
        }
        previous = whole["hash"] = own_hash(whole)
        yield whole


def own_hash(entry: Entry) -> str:
    """The hash of an entry without its document, so that a document can be dropped and the chain still holds."""
    return digest({name: value for name, value in entry.items() if name not in ("document", "hash")})


def fault(entry: Entry, *, sequence: int, previous: str) -> str | None:
    """What is wrong with `entry` as number `sequence` after the hash `previous`; None when nothing is."""
    if entry["_id"] != sequence:
        return f"entry {sequence} is missing"
    if entry.get("previousHash") != previous:
        return "it does not follow the entry before it"
    if entry.get("hash") != own_hash(entry):
        return "it was changed"
    if "document" in entry and entry.get("contentHash") != digest(entry["document"]):
        return "its document was changed"
    return None


def digest(value: Any) -> str:
    """SHA-256, in hex, over the canonical JSON of `value`: sorted names, dates as UTC text with milliseconds."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return sha256(orjson.dumps(value, default=_canonical, option=options)).hexdigest()


def _canonical(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    # Types that only BSON has come in by an import at most; refusing them here would hold up every other event.
    return f"{type(value).__name__}({value})"
