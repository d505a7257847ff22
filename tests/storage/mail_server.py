# SPDX-License-Identifier: Apache-2.0
"""A mail server (aiosmtpd) that behaves as a test says, and certificates for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER, PASSWORD = b"liaison", b"correct horse"


@dataclass
class MailServer:
    """What has arrived, and how the server behaves: replies by command, and a command at which it hangs or hangs up."""

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    hangs_at: str = ""
    hangs_up_at: str = ""
    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    connections: int = 0
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[Any] = field(default_factory=list)

    async def reached(self, command: str, server: Any) -> str | None:
        """What to answer to a command, unless all is well; a server that hangs does so until its client has gone."""
        if self.hangs_at == command:
            self.hanging.set()
            await asyncio.Event().wait()
        if self.hangs_up_at == command:
            server.transport.abort()
            await asyncio.Event().wait()
        return self.replies.get(command)

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self.reached("MAIL", server) or "250 2.1.0 OK"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        if reply := await self.reached("RCPT", server):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Where it hangs at the end of DATA, it has kept the message, as a server that is killed then has."""
        reply = self.replies.get("DATA")
        if reply is None or reply.startswith("250"):
            self.messages.append(bytes(envelope.content))
            self.recipients += envelope.rcpt_tos
            self.senders.append(envelope.mail_from)
            self.encrypted.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return await self.reached("DATA", server) or "250 2.0.0 Queued as 17"

    def log_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Let in who knows the password."""
        self.logins.append(data.login)
        return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


class _Server(SMTP):  # type: ignore[misc] # aiosmtpd has no types
    """The server of aiosmtpd with the behaviours that its handlers cannot have."""

    def __init__(self, behaviour: MailServer, **options: Any) -> None:
        super().__init__(behaviour, hostname="mail.example", ident="Test", **options)
        self.behaviour = behaviour

    def connection_made(self, transport: Any) -> None:
        if self.transport is None:
            self.behaviour.connections += 1
            self.behaviour.writers.append(transport)
        super().connection_made(transport)

    async def push(self, status: Any) -> None:
        """Greet as the behaviour says, and hang or hang up before the answer to DATA."""
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 mail.example"):
            text = await self.behaviour.reached("CONNECT", self) or text
        if text.startswith("354"):
            await self.behaviour.reached("354", self)
        await super().push(text)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if reply := self.behaviour.replies.get("354"):
            await self.push(reply)
        else:
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        await self.behaviour.reached("RSET", self)
        await super().smtp_RSET(arg)


@asynccontextmanager
async def mail_server(behaviour: MailServer | None = None, **options: Any) -> AsyncIterator[MailServer]:
    """A mail server on the loopback; `implicit` is the TLS context of one that is encrypted from the first byte."""
    behaviour = behaviour or MailServer()
    implicit, kind = options.pop("implicit", None), options.pop("kind", _Server)
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(behaviour, authenticator=behaviour.log_in, **options), HOST, 0, ssl=implicit
    )
    behaviour.port = server.sockets[0].getsockname()[1]
    try:
        yield behaviour
    finally:
        server.close()
        for each in behaviour.writers:
            each.abort()
        # The tasks of aiosmtpd end with their connections, when the loop comes to them.
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Certificates:
    """A TLS context of a server whose certificate the authority in the file `ca` has signed."""

    server: ssl.SSLContext
    ca: str


def certificates(folder: Path, host: str = HOST) -> Certificates:
    """An authority, and the certificate of a server at an address."""
    authority, name = ec.generate_private_key(ec.SECP256R1()), _name("Authority of a test")
    root = _certificate(name, name, authority, authority, x509.BasicConstraints(ca=True, path_length=None))
    key = ec.generate_private_key(ec.SECP256R1())
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
    leaf = _certificate(_name(host), name, key, authority, alternative)
    chain = leaf.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(chain)
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return Certificates(context, str(folder / "ca.pem"))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.add_extension(extension, critical=False).sign(signer, hashes.SHA256())
