# SPDX-License-Identifier: Apache-2.0
"""The headers of a message (RFC 5322), read without trust: decoded, without control characters, and bounded."""

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from app.interactions.mail.refusal import RefusedMail

LONGEST_TEXT = 500
"""Characters of a header that are kept, as a reason or a name."""
MOST_REFERENCES = 30

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+")
_MESSAGE_ID = re.compile(r"<([^<>\s@]{1,250}@[^<>\s@]{1,250})>")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]{1,255}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def plain(text: str, most: int = LONGEST_TEXT) -> str:
    """A text on one line, without what steers terminals or the direction of writing; at most so many characters."""
    return _SURROGATE.sub("\ufffd", _CONTROLS.sub(" ", text)).strip()[:most]


def decoded_text(message: Message, name: str) -> str:
    """The first header of this name as text (RFC 2047); empty without one."""
    raw = str(message.get(name, ""))
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError):
        return plain(raw)
    return plain("".join(as_text(part, charset) if isinstance(part, bytes) else part for part, charset in parts))


def as_text(data: bytes, charset: str | None) -> str:
    """Bytes in a charset as text; where that is unknown, or wrong, what can be read of it."""
    for name in (charset or "utf-8", "utf-8"):
        try:
            return data.decode(name, "strict" if name != "utf-8" or not charset else "replace")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("utf-8", "replace")


def only_header(message: Message, name: str) -> str:
    """The one header of this name, empty without one.

    Raises `RefusedMail` for several, of which any may be the forged one (RFC 5322 §3.6).
    """
    found = message.get_all(name, [])
    if len(found) > 1:
        raise RefusedMail(f"it has {len(found)} headers {name}, where there should be one")
    return str(found[0]) if found else ""


def sender(message: Message) -> str:
    """The address of who wrote it, as it is spelt. Raises `RefusedMail` where that is nobody, or several."""
    found = getaddresses([only_header(message, "From")])
    addresses = [address for _, address in found if address]
    if len(addresses) != 1 or not _ADDRESS.fullmatch(addresses[0]):
        raise RefusedMail("From should be one address")
    return addresses[0]


def message_id(message: Message) -> str:
    """The Message-ID without its brackets; empty where there is none. Raises `RefusedMail` for several."""
    match = _MESSAGE_ID.search(only_header(message, "Message-ID"))
    return match[1] if match else ""


def references(message: Message) -> list[str]:
    """The messages that it answers, without brackets: the nearest first (RFC 5322 §3.6.4)."""
    answered = _MESSAGE_ID.findall(str(message.get("In-Reply-To", "")))
    earlier = _MESSAGE_ID.findall(str(message.get("References", "")))[-MOST_REFERENCES:]
    return list(dict.fromkeys([*answered[:MOST_REFERENCES], *reversed(earlier)]))[:MOST_REFERENCES]


def sent_at(message: Message, now: datetime) -> datetime:
    """When it was sent, as it says; `now` where it does not say, or a time to come."""
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return now
    return at if at.year >= 1970 and at <= now else now
