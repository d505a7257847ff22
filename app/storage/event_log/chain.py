# SPDX-License-Identifier: Apache-2.0
"""The hash chain of the event log: the hash of an entry covers its payload and the hash of the entry before it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, NamedTuple

import bson
import orjson
from bson import Int64
from bson.raw_bson import RawBSONDocument

from app.errors import shorten
from app.storage.documents import rows

Entry = Mapping[str, Any]

SALT_BYTES = 16

ORIGIN = "0" * 64
"""The previous hash in the first entry."""

SALT = "salt"
"""The member with a random text that the hash of a payload covers, too, so that a guessed payload cannot be confirmed
by the hash once both are dropped. Entries of earlier releases have none."""

SALTED = "salted:"
"""The beginning of the hash of a payload with a salt, which tells it from others when the payload is gone."""

PAYLOAD = ("document", "before", SALT)
"""The members of an entry with the content of documents, and their salt, which retention may drop."""

DROPPED = "dropped"
"""The member with the time at which retention dropped the payload of an entry; no hash covers it."""

SEALED = "sealed"
"""The member that says, in the hash of the entry, in which form its payload is encrypted: as shares of parties in
`document`. Without it the payload is plain."""

OMISSION = rows.OMISSION
"""The member with the reason why an entry was logged without its payload; the hash of the entry covers it."""

_MARK = re.compile("([0-9]{1,18}):([0-9a-f]{64})")


class Mark(NamedTuple):
    """The number and hash of an entry, for comparison with the log later. As text it is `<number>:<hash>`."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Mark":
        """Parse a mark from text. Raises `ValueError`."""
        match = _MARK.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"'{shorten(text)}' is not <number>:<hash of 64 hexadecimal digits>")
        return cls(int(match[1]), match[2])


START = Mark(0, ORIGIN)
"""The mark before the first entry."""

_UNCOVERED = frozenset({*PAYLOAD, DROPPED, "hash"})


def link(entries: Iterable[Entry], *, sequence: int, previous: str, logged_at: datetime) -> Iterator[dict[str, Any]]:
    """`entries` with number, time and hashes, for the log behind the entry `sequence`, whose hash is `previous`."""
    for entry in entries:
        sequence += 1
        omitted = OMISSION in entry
        entry = without_payload(entry) if omitted else _with_salt(entry)
        whole = {
            "_id": Int64(sequence),
            **entry,
            "loggedAt": logged_at,
            "contentHash": content_hash(entry) if "document" in entry else ORIGIN,
            "previousHash": previous,
        }
        previous = whole["hash"] = own_hash(whole)
        if omitted:
            whole[DROPPED] = logged_at
        yield whole


def relink(entry: Entry, *, previous: str, now: datetime, archived: bool = False) -> dict[str, Any]:
    """A stored entry, which may have been sealed or lost its payload since, with new hashes behind the hash `previous`.

    A payload that is plain gets a salt, and one that is gone leaves no hash by which a guess could be confirmed, but
    for one that is `archived`, which comes back by its hash.
    """
    if DROPPED in entry or OMISSION in entry:
        kept = ORIGIN if tells_content(entry) and not archived else entry["contentHash"]
        whole = {**without_payload(entry), "contentHash": kept, DROPPED: entry.get(DROPPED, now)}
    else:
        salted = _with_salt(entry)
        whole = {**salted, "contentHash": content_hash(salted)}
    whole["previousHash"] = previous
    whole["hash"] = own_hash(whole)
    return whole


def tells_content(entry: Entry) -> bool:
    """Whether an entry has a hash without salt, by which somebody could confirm a guess of its payload."""
    kept: str = entry["contentHash"]
    return not (SEALED in entry or kept == ORIGIN or kept.startswith(SALTED))


def _with_salt(entry: Entry) -> Entry:
    """An entry whose payload cannot be guessed from its hash; what is sealed cannot anyway."""
    return entry if SEALED in entry or SALT in entry else {**entry, SALT: token_hex(SALT_BYTES)}


def without_payload(entry: Entry) -> dict[str, Any]:
    """An entry without its payload."""
    return {name: value for name, value in entry.items() if name not in PAYLOAD}


def own_hash(entry: Entry) -> str:
    """The hash of an entry without its payload, so that a payload can be dropped and the chain still holds."""
    return digest({name: value for name, value in entry.items() if name not in _UNCOVERED})


def fault(entry: Entry, *, sequence: int, previous: str) -> str | None:
    """The fault of `entry` as number `sequence` behind the hash `previous`, in words; None when there is none."""
    if entry["_id"] != sequence:
        return f"entry {sequence} is missing"
    if entry.get("previousHash") != previous:
        return "it does not follow the entry before it"
    if entry.get("hash") != own_hash(entry):
        return "it was changed"
    return _fault_of_dropped(entry) if DROPPED in entry else _fault_of_payload(entry)


def digest(value: Any) -> str:
    """SHA-256, in hex, over the canonical JSON of `value`: sorted names, dates as UTC text with milliseconds,
    bytes as their own SHA-256."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return sha256(orjson.dumps(value, default=_canonical, option=options)).hexdigest()


def _fault_of_payload(entry: Entry) -> str | None:
    whole = "document" in entry and entry["contentHash"] == content_hash(entry)
    return None if whole else "its payload was changed"


def _fault_of_dropped(entry: Entry) -> str | None:
    if any(name in entry for name in PAYLOAD):
        return "it has a payload again after its own was dropped"
    at = entry[DROPPED]
    return None if isinstance(at, datetime) and at >= entry["loggedAt"] else "its payload was not dropped in order"


def content_hash(entry: Entry) -> str:
    """The hash of the payload of an entry, with its salt if it has one."""
    # Entries of earlier releases have no salt; those of release 0.1 no `before`, either: theirs is the hash of the
    # bare document.
    payload = {name: entry[name] for name in PAYLOAD if name in entry}
    hashed = digest(payload["document"] if payload.keys() == {"document"} else payload)
    return f"{SALTED}{hashed}" if SALT in payload else hashed


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return utc.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, RawBSONDocument):
        return bson.decode(value.raw)
    if isinstance(value, bytes):
        return sha256(value).hexdigest()
    # Types that only BSON has can come from a direct write at most; an error here would stop all other events.
    return f"{type(value).__name__}({value})"
