# SPDX-License-Identifier: Apache-2.0
"""Notices by e-mail: handed to a mail server by SMTP (RFC 5321), over connections that are used again."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import NoReturn

from aiosmtplib import (
    SMTP,
    SMTPConnectResponseError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from app.domain import dates
from app.interactions.mail.headers import plain
from app.interactions.notices.mail_message import Envelope, Mailbox, UnsendableNotice, envelope
from app.interactions.notices.transport_protocol import DEFERRED, DELIVERED, REFUSED, Outbound, Outcome

REQUIRED, IMPLICIT, OPTIONAL, OFF = TLS = ("required", "implicit", "optional", "off")
"""Whether the way to the mail server is encrypted: by STARTTLS or not at all, from the first byte, if it can, never."""

MOST_CONNECTIONS = 16
IDLE_SECONDS = 20.0
"""Seconds after which a connection is not used again; servers close those that are silent, after minutes."""
LONGEST_TEXT = 300

PROTOCOL = "protocol"
"""The code of an answer that is none (RFC 5321 §4.2)."""

_CLOSING = 421
_LOGIN_FIRST = 530
"""The reply to who should have logged in, or encrypted, before: nothing about the message (RFC 4954, RFC 3207)."""


@dataclass(frozen=True)
class MailServer:
    """The mail server that notices go to; `seconds` bound the sending of one, and `ca` names a file of authorities."""

    host: str
    port: int
    sender: Mailbox
    tls: str = REQUIRED
    user: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 30.0
    unsubscribe: str = ""
    ca: str = ""

    def tls_context(self) -> ssl.SSLContext:
        """How the certificate of the server is checked. Raises `OSError` for a file that is none."""
        context = ssl.create_default_context(cafile=self.ca or None)
        if self.tls == OPTIONAL:
            # Whoever could forge a certificate could as well hide that there is STARTTLS (RFC 7435).
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class _Failure(Exception):
    """Sending has failed; why is its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


class _ClosedConnection(Exception):
    """The server has closed a connection since it was used: it has nothing of the message."""


@dataclass(frozen=True)
class _Connection:
    """A connection, when it was `used`, 0 for never, and whether its last transaction was not brought to its end."""

    client: SMTP
    used: float = 0.0
    is_open: bool = False


class SmtpTransport:
    """The transport to a mail server."""

    def __init__(self, server: MailServer) -> None:
        """Raises `OSError` where its file of authorities cannot be read."""
        self._server = server
        self._context = server.tls_context()
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)
        self._idle: list[_Connection] = []

    async def send(self, notice: Outbound) -> Outcome:
        """Hand an e-mail to the server. It is delivered when the server has answered 250 to all of it.

        What fails before that is tried again, as the server may have it or not: hence the same Message-ID.
        """
        try:
            mail = envelope(notice, self._server.sender, dates.now(), self._server.unsubscribe)
        except UnsendableNotice as wrong:
            return Outcome(REFUSED, wrong.code, str(wrong))
        async with self._places:
            try:
                async with asyncio.timeout(self._server.seconds):
                    return await self._deliver(mail)
            except _Failure as failure:
                return failure.outcome
            except TimeoutError:
                return Outcome(DEFERRED, "timeout", f"no answer within {self._server.seconds:g} seconds")

    async def close(self) -> None:
        """Close its connections."""
        while self._idle:
            self._idle.pop().client.close()

    async def _deliver(self, mail: Envelope) -> Outcome:
        while connection := self._take_idle():
            try:
                return await self._transact(connection, mail)
            except _ClosedConnection:
                continue  # The next one, at last a new one, shows whether the server serves.
        return await self._transact(_Connection(await self._connect()), mail)

    async def _transact(self, connection: _Connection, mail: Envelope) -> Outcome:
        """A transaction over a connection, which is used again after it if it can be. Raises `_ClosedConnection`."""
        client = connection.client
        try:
            outcome = await _transaction(connection, mail)
        except (SMTPException, OSError) as failure:
            client.close()
            _defer(failure)
        except BaseException:
            client.close()
            raise
        if outcome.code == PROTOCOL or not client.is_connected:
            client.close()  # Nobody knows which command its next reply is to.
        else:
            self._idle.append(_Connection(client, monotonic(), is_open=outcome.state != DELIVERED))
        return outcome

    def _take_idle(self) -> _Connection | None:
        """A connection that was used a moment ago, if there is one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and monotonic() - connection.used < IDLE_SECONDS:
                return connection
            connection.client.close()
        return None

    async def _connect(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.sender.domain,
            timeout=server.seconds,
            use_tls=server.tls == IMPLICIT,
            start_tls=False,
            tls_context=self._context,
        )
        try:
            await client.connect()
            if server.tls in (REQUIRED, OPTIONAL):
                await self._encrypt(client)
            if server.user:
                await self._log_in(client)
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except (SMTPException, OSError) as failure:
            client.close()
            _defer(failure)
        except BaseException:
            client.close()
            raise
        return client

    async def _encrypt(self, client: SMTP) -> None:
        await client.ehlo()
        if not client.supports_extension("starttls"):
            if self._server.tls == REQUIRED:
                raise _Failure(Outcome(DEFERRED, "tls", "the mail server offers no STARTTLS"))
            return
        try:
            await client.starttls()
        except SMTPTimeoutError:
            raise
        except (SMTPException, OSError) as failure:
            raise _Failure(Outcome(DEFERRED, "tls", plain(f"no TLS: {_words(failure)}", LONGEST_TEXT))) from None

    async def _log_in(self, client: SMTP) -> None:
        try:
            await client.login(self._server.user, self._server.password)
        except (SMTPTimeoutError, SMTPServerDisconnected):
            raise
        except SMTPException as failure:
            code = str(failure.code) if isinstance(failure, SMTPResponseException) else "login"
            text = plain(f"the mail server does not let us in: {_words(failure)}", LONGEST_TEXT)
            raise _Failure(Outcome(DEFERRED, code, text)) from None


async def _transaction(connection: _Connection, mail: Envelope) -> Outcome:
    """A mail transaction (RFC 5321 §3.3), and how it ended. Raises `_ClosedConnection`."""
    client = connection.client
    if mail.utf8 and not client.supports_extension("smtputf8"):
        return Outcome(REFUSED, "smtputf8", "the mail server takes no such address (SMTPUTF8)")
    options, encoding = (["SMTPUTF8"], "utf-8") if mail.utf8 else ([], "ascii")
    try:
        with _report_closed(connection):
            if connection.is_open:
                await client.rset()
            await client.mail(mail.sender, options=options, encoding=encoding)
        await client.rcpt(mail.recipient, encoding=encoding)
        answer = await client.data(mail.content)
    except SMTPRecipientRefused as refused:
        return _reply_outcome(refused.code, f"the recipient was refused: {refused.message}")
    except SMTPResponseException as refused:
        return _reply_outcome(refused.code, f"the message was refused: {refused.message}")
    return Outcome(DELIVERED, "250", plain(answer.message, LONGEST_TEXT))


@contextmanager
def _report_closed(connection: _Connection) -> Iterator[None]:
    """Raise `_ClosedConnection` for a connection that was used before and does not take a transaction any more."""
    try:
        yield
    except (SMTPServerDisconnected, SMTPResponseException, OSError) as failure:
        if connection.used and (not isinstance(failure, SMTPResponseException) or failure.code == _CLOSING):
            raise _ClosedConnection from None
        raise


def _reply_outcome(code: int, text: str) -> Outcome:
    """The outcome of a reply to a transaction (RFC 5321 §4.2.1): 5yz is for good, 4yz for now."""
    for_good = 500 <= code < 600 and code != _LOGIN_FIRST
    # What is no reply has the code -1.
    return Outcome(REFUSED if for_good else DEFERRED, str(code) if code > 0 else PROTOCOL, plain(text, LONGEST_TEXT))


def _defer(failure: SMTPException | OSError) -> NoReturn:
    """Raise the failure of a connection: nothing about the message, so it is tried again."""
    raise _Failure(Outcome(DEFERRED, _code(failure), plain(_words(failure), LONGEST_TEXT))) from None


def _code(failure: SMTPException | OSError) -> str:
    if isinstance(failure, TimeoutError):
        return "timeout"
    if isinstance(failure, ssl.SSLError) or isinstance(failure.__cause__, ssl.SSLError):
        return "tls"
    if isinstance(failure, SMTPConnectResponseError | SMTPResponseException):
        return str(failure.code) if failure.code > 0 else PROTOCOL
    return "disconnected" if isinstance(failure, SMTPServerDisconnected) else "connection"


def _words(failure: BaseException) -> str:
    if isinstance(failure, SMTPResponseException):
        return f"{failure.code} {failure.message}"
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {failure.verify_message}"
    return " ".join(map(str, failure.args)) or type(failure).__name__
