# SPDX-License-Identifier: Apache-2.0
"""A message as an interaction needs it: who wrote it, when, to what it answers, its text and its attachments."""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message

from app.interactions.mail.automatic import refuse_automatic
from app.interactions.mail.bounds import header_end, refuse_excessive
from app.interactions.mail.headers import (
    as_text,
    decoded_text,
    message_id,
    plain,
    references,
    sender,
    sent_at,
)
from app.interactions.mail.page_text import page_text
from app.interactions.mail.refusal import RefusedMail

MOST_PARTS = 200
MOST_ATTACHMENTS = 50
MOST_HTML = 1024 * 1024
MOST_TEXT = 100_000
"""Characters of a description; a longer text is an attachment, too."""

_TEXT, _HTML = "text/plain", "text/html"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n[ \t]*\n[ \t\n]*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class File:
    """A part of a message that is kept as it is."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """A message that a person has written; `digest` tells it from another of the same Message-ID."""

    id: str
    digest: str
    sender: str
    subject: str
    at: datetime
    references: list[str]
    text: str
    files: list[File]
    authentication: str


def read_mail(raw: bytes, now: datetime, most_bytes: int, own_domains: Collection[str] = ()) -> Mail:
    """The message of these bytes. Raises `RefusedMail` and `Automatic`, in bounded time and memory."""
    refuse_excessive(raw, most_bytes)
    try:
        message = message_from_bytes(raw)
        refuse_automatic(message, own_domains)
        return _mail(message, raw, now)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as broken:
        # Faults of the library on what is no message: https://github.com/python/cpython/issues?q=email
        raise RefusedMail(f"it cannot be read as a message ({type(broken).__name__})") from None


def _mail(message: Message, raw: bytes, now: datetime) -> Mail:
    written_by, body, id = sender(message), raw[header_end(raw) :], message_id(message)
    subject = decoded_text(message, "Subject")
    parts = list(_parts(message))
    chosen = next((part for kind in (_TEXT, _HTML) for part, _ in parts if _is_body(part, kind)), None)
    text = "" if chosen is None else _text_of(chosen)
    kept = [part for part, is_alternative in parts if part is not chosen and not (is_alternative and _is_page(part))]
    files = [each for number, part in enumerate(kept, 1) if (each := _file(part, number)).data]
    if len(files) > MOST_ATTACHMENTS:
        raise RefusedMail(f"it has more than {MOST_ATTACHMENTS} attachments")
    if len(text) > MOST_TEXT:
        files.append(File("message.txt", _TEXT, text.encode()))
    told = "\n".join([id, written_by, str(message.get("Date", "")), subject]).encode("utf-8", "replace")
    return Mail(
        id=id,
        digest=hashlib.sha256(told + b"\n" + body).hexdigest(),
        sender=written_by,
        subject=subject,
        at=sent_at(message, now),
        references=[each for each in references(message) if each != id],
        text=text[:MOST_TEXT],
        files=files,
        authentication=plain(str(message.get("Authentication-Results", "")), 2000),
    )


def _parts(message: Message) -> Iterator[tuple[Message, bool]]:
    """The parts that hold something themselves, each with whether it is one of several alternatives.

    A message within the message is one part.
    """
    waiting, seen = [(message, False)], 0
    while waiting:
        (part, is_alternative), seen = waiting.pop(), seen + 1
        if seen > MOST_PARTS:
            raise RefusedMail(f"it has more than {MOST_PARTS} parts")
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            among = is_alternative or part.get_content_type() == "multipart/alternative"
            waiting.extend((each, among) for each in reversed(inner) if isinstance(each, Message))
        else:
            yield part, is_alternative


def _is_body(part: Message, kind: str) -> bool:
    return (
        part.get_content_type() == kind and part.get_content_disposition() != "attachment" and not part.get_filename()
    )


def _is_page(part: Message) -> bool:
    """Whether a part is the text once more, as a page, where a text was chosen among alternatives."""
    return _is_body(part, _HTML)


def _text_of(part: Message) -> str:
    text = as_text(_bytes_of(part), part.get_content_charset())
    if part.get_content_type() == _HTML:
        if len(text) > MOST_HTML:
            raise RefusedMail(f"its text is a page of more than {MOST_HTML} characters")
        text = page_text(text)
    text = _SURROGATE.sub("\ufffd", _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _BLANK_LINES.sub("\n\n", text).strip()


def _file(part: Message, number: int) -> File:
    kind = part.get_content_type()
    inner = part.get_payload()
    if kind == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return File(_name(part) or f"message-{number}.eml", kind, _embedded_bytes(inner[0]))
    return File(_name(part) or f"part-{number}", kind, _bytes_of(part))


def _embedded_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, KeyError):
        return message.as_string().encode("utf-8", "replace")


def _name(part: Message) -> str:
    named = part.get_filename()
    return plain(named, 200) if isinstance(named, str) else ""


def _bytes_of(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else str(part.get_payload()).encode("utf-8", "replace")
