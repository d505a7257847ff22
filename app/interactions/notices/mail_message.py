# SPDX-License-Identifier: Apache-2.0
"""A notice as an e-mail (RFC 5322): its headers and bytes, and the addresses of its envelope."""

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from functools import lru_cache
from urllib.parse import quote

from app.interactions.notices.transport_protocol import Outbound

_ADDRESS = re.compile(
    r"[^\s\x00-\x1f\x7f\ud800-\udfff@<>\"(),:;\\\[\]]{1,64}@[^\s\x00-\x1f\x7f@<>\"(),:;\\\[\]/]{1,255}"
)
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
"""A local part that needs no quotes (RFC 5322 §3.2.3)."""
_PLAIN = re.compile(r"[!-~]+( [!-~]+)*")
_LONGEST_LINE = 78
_LINE_BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029\x00]")
UNSUBSCRIBE = "List-Unsubscribe"


class _MailPolicy(EmailPolicy):
    """As `email.policy.SMTP`, which would encode a long URL as if it was text."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name == UNSUBSCRIBE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_ASCII, _UTF8 = _MailPolicy(linesep="\r\n"), _MailPolicy(linesep="\r\n", utf8=True)


class UnsendableNotice(Exception):
    """A notice that no mail server could be given; `code` says what is wrong: its `address` or its `header`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Mailbox:
    """An address for e-mail with the name before it, whose domain is in ASCII (IDNA)."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """The address alone."""
        return f"{self.local}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Whether every mail server takes it; others need SMTPUTF8 (RFC 6531)."""
        return self.local.isascii()


@dataclass(frozen=True)
class Envelope:
    """A message, and between which addresses it goes."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


def read_sender(text: str) -> Mailbox:
    """The mailbox in `Care <care@example.com>`, or in `care@example.com`. Raises `UnsendableNotice`."""
    found = getaddresses([text])
    if _LINE_BREAK.search(text) or len(found) != 1:
        raise UnsendableNotice("address", "it is not one address for e-mail")
    return read_mailbox(found[0][1], found[0][0])


def read_mailbox(address: str, name: str = "") -> Mailbox:
    """The mailbox with an address. Raises `UnsendableNotice`."""
    if not _ADDRESS.fullmatch(address):
        raise UnsendableNotice("address", "it is no address for e-mail")
    local, _, domain = address.rpartition("@")
    try:
        return Mailbox(name, local, domain.encode("idna").decode("ascii").lower())
    except UnicodeError:
        raise UnsendableNotice("address", "the domain of the address cannot be") from None


def message_id(id: str, domain: str) -> str:
    """The Message-ID of the notice with an id: the same for each repeat, and for no other notice."""
    return f"<{quote(id, safe='')}@{domain}>"


def envelope(notice: Outbound, sender: Mailbox, at: datetime, unsubscribe: str = "") -> Envelope:
    """The e-mail of a notice, sent `at` this instant; `unsubscribe` is a URL for `List-Unsubscribe` (RFC 2369).

    Raises `UnsendableNotice`.
    """
    recipient = read_mailbox(notice.address)
    utf8 = not (sender.is_ascii and recipient.is_ascii)
    content = (
        _usual_headers(sender, unsubscribe, notice.message.language, utf8=utf8),
        _header_line("To", recipient.address, utf8=utf8)
        if _DOT_ATOM.fullmatch(recipient.local)
        else _fold_header("To", Address("", recipient.local, recipient.domain), utf8=utf8),
        _header_line("Subject", notice.message.subject, utf8=utf8),
        f"Date: {format_datetime(at)}\r\n".encode(),
        f"Message-ID: {message_id(notice.id, sender.domain)}\r\n".encode(),
        b"\r\n",
        _body(notice.message.text),
    )
    return Envelope(sender.address, recipient.address, b"".join(content), utf8)


@lru_cache(100)
def _usual_headers(sender: Mailbox, unsubscribe: str, language: str, *, utf8: bool) -> bytes:
    """The headers that one notice has like the other."""
    headers = {
        "From": Address(sender.name, sender.local, sender.domain),
        # Nobody's automatic answer should answer it (RFC 3834 §5).
        "Auto-Submitted": "auto-generated",
        **({"Content-Language": language} if language else {}),
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        **({UNSUBSCRIBE: f"<{unsubscribe}>"} if unsubscribe else {}),
    }
    return b"".join(_fold_header(name, value, utf8=utf8) for name, value in headers.items())


def _header_line(name: str, value: str, *, utf8: bool) -> bytes:
    """A header field. Most are a line of plain words, which needs no encoding: that is 20 times as fast."""
    line = f"{name}: {value}"
    if len(line) <= _LONGEST_LINE and _PLAIN.fullmatch(value) and "=?" not in value:
        return f"{line}\r\n".encode("ascii")
    return _fold_header(name, value, utf8=utf8)


def _fold_header(name: str, value: object, *, utf8: bool) -> bytes:
    """A header field, encoded and folded as its kind wants it. Raises `UnsendableNotice`."""
    policy = _UTF8 if utf8 else _ASCII
    if _LINE_BREAK.search(str(value)):
        raise UnsendableNotice("header", f"{name} is more than one line")
    try:
        return policy.fold_binary(*policy.header_store_parse(name, value))
    except (ValueError, MessageError) as wrong:
        raise UnsendableNotice("header", f"it cannot have a header like this: {type(wrong).__name__}") from None


def _body(text: str) -> bytes:
    lines = text.encode("utf-8").splitlines()
    return b2a_qp(b"".join(line + b"\r\n" for line in lines), istext=True)
