# SPDX-License-Identifier: Apache-2.0
"""The SMTP listener: what it answers 250 to is on the disk, in the Maildir, from which it is received."""

import asyncio
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.interactions.mail.maildir import Maildir

log = structlog.get_logger()

MOST_RECIPIENTS = 100
MOST_CONNECTIONS = 100
SECONDS = 60
"""Seconds that a client may be silent."""


class _Delivery:
    """The handler of aiosmtpd."""

    def __init__(self, maildir: Maildir, delivered: asyncio.Event) -> None:
        self._maildir, self._delivered = maildir, delivered

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient; the address does not matter, as the listener is for one mailbox."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Deliver a message, with the return path of its envelope (RFC 5321 §4.4)."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        path = (envelope.mail_from or "").translate(_NO_LINES)
        raw = b"Return-Path: <" + path.encode("utf-8", "replace") + b">\r\n" + content
        try:
            await asyncio.to_thread(self._maildir.deliver, raw)
        except OSError as error:
            log.warning("an e-mail could not be kept", error=error.strerror)
            return "452 4.3.1 The message could not be kept; send it again later"
        self._delivered.set()
        return "250 2.0.0 OK"


_NO_LINES = dict.fromkeys((*range(32), 127, ord("<"), ord(">")))


async def listen(maildir: Maildir, host: str, port: int, most_bytes: int, delivered: asyncio.Event) -> asyncio.Server:
    """A listener for SMTP at an address, which sets `delivered` after each message. Raises `OSError`."""
    handler, connections = _Delivery(maildir, delivered), _Connections()

    def protocol() -> SMTP:
        return connections.count_in(
            SMTP(handler, data_size_limit=most_bytes, timeout=SECONDS, ident="Liaison", decode_data=False)
        )

    return await asyncio.get_running_loop().create_server(protocol, host, port)


class _Connections:
    """Bounds how many there are: a further one is closed at once."""

    def __init__(self) -> None:
        self._open = 0

    def count_in(self, protocol: SMTP) -> SMTP:
        made, lost = protocol.connection_made, protocol.connection_lost

        def connection_made(transport: Any) -> None:
            self._open += 1
            made(transport)
            if self._open > MOST_CONNECTIONS:
                transport.close()

        def connection_lost(error: Exception | None) -> None:
            self._open -= 1
            lost(error)

        protocol.connection_made, protocol.connection_lost = connection_made, connection_lost
        return protocol
