# SPDX-License-Identifier: Apache-2.0
"""Notices by SMTP: what a mail server answers, or does not, says whether a notice is delivered, deferred or refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from app.interactions.notices.mail_message import read_sender
from app.interactions.notices.message import Message
from app.interactions.notices.smtp import MOST_CONNECTIONS, MailServer, SmtpTransport
from app.interactions.notices.transport import DEFERRED, DELIVERED, EMAIL, REFUSED, Outbound, Outcome
from tests.serving import free_port
from tests.storage import mail_server as server_module
from tests.storage.mail_server import HOST, PASSWORD, USER, Certificates, certificates, mail_server

pytestmark = pytest.mark.anyio

NOTICE = Outbound("7301", EMAIL, "ann@example.org", Message("Zu spät", "Es ist zu spät.\n.\n", "de"))
SHORT = 0.5
"""Seconds that a server which hangs gets; others have as many as they need."""


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def transport(server: server_module.MailServer, **chosen: Any) -> AsyncIterator[SmtpTransport]:
    """The transport to a server, by default without encryption."""
    usual: dict[str, Any] = {"tls": "off", "seconds": 20.0}
    made = SmtpTransport(MailServer(HOST, server.port, read_sender("Care <care@example.com>"), **{**usual, **chosen}))
    try:
        yield made
    finally:
        await made.close()


async def outcome(server: server_module.MailServer, notice: Outbound = NOTICE, **chosen: Any) -> Outcome:
    async with transport(server, **chosen) as made:
        return await made.send(notice)


async def test_what_the_server_answers_250_to_is_delivered() -> None:
    async with mail_server() as server:
        told = await outcome(server)
    assert told == Outcome(DELIVERED, "250", "2.0.0 Queued as 17")
    (raw,) = server.messages
    message = message_from_bytes(raw)
    assert (server.senders, server.recipients) == (["care@example.com"], ["ann@example.org"])
    assert (message["Message-ID"], message["Auto-Submitted"]) == ("<7301@example.com>", "auto-generated")
    assert message.get_payload(decode=True) == "Es ist zu spät.\r\n.\r\n".encode()


async def test_a_repeat_has_the_same_message_id_also_from_another_process() -> None:
    async with mail_server() as server:
        for _ in range(2):
            await outcome(server)
    assert [message_from_bytes(each)["Message-ID"] for each in server.messages] == ["<7301@example.com>"] * 2


@pytest.mark.parametrize(
    ("command", "reply", "state", "code", "text"),
    [
        ("MAIL", "451 4.3.0 Not now", DEFERRED, "451", "the message was refused: 4.3.0 Not now"),
        ("MAIL", "552 5.3.4 Too large", REFUSED, "552", "the message was refused: 5.3.4 Too large"),
        ("MAIL", "530 5.7.0 Log in first", DEFERRED, "530", "the message was refused: 5.7.0 Log in first"),
        ("RCPT", "450 4.2.0 Greylisted", DEFERRED, "450", "the recipient was refused: 4.2.0 Greylisted"),
        ("RCPT", "452 4.2.2 Mailbox full", DEFERRED, "452", "the recipient was refused: 4.2.2 Mailbox full"),
        ("RCPT", "550 5.1.1 Unknown", REFUSED, "550", "the recipient was refused: 5.1.1 Unknown"),
        ("354", "503 No", REFUSED, "503", "the message was refused: No"),
        ("DATA", "452 4.3.1 No room", DEFERRED, "452", "the message was refused: 4.3.1 No room"),
        ("DATA", "554 5.7.1 Spam", REFUSED, "554", "the message was refused: 5.7.1 Spam"),
        ("DATA", "421 4.3.2 Closing", DEFERRED, "421", "the message was refused: 4.3.2 Closing"),
        ("DATA", "what", DEFERRED, "protocol", "the message was refused: Malformed SMTP response line: what"),
        ("CONNECT", "554 No service", DEFERRED, "554", "554 No service"),
        ("CONNECT", "421 Busy", DEFERRED, "421", "421 Busy"),
    ],
)
async def test_a_reply_of_4yz_is_tried_again_and_one_of_5yz_to_a_message_is_not(
    command: str, reply: str, state: str, code: str, text: str
) -> None:
    async with mail_server(server_module.MailServer(replies={command: reply})) as server:
        assert await outcome(server) == Outcome(state, code, text)
    assert server.messages == []


@pytest.mark.parametrize("at", ["CONNECT", "MAIL", "RCPT", "354", "DATA"])
async def test_a_server_that_hangs_defers_whatever_it_may_have_taken(at: str) -> None:
    async with mail_server(server_module.MailServer(hangs_at=at)) as server:
        assert await outcome(server, seconds=SHORT) == Outcome(
            DEFERRED, "timeout", f"no answer within {SHORT:g} seconds"
        )
        assert server.hanging.is_set()
        assert len(server.messages) == (1 if at == "DATA" else 0)
        # The notice goes out when the server has recovered.
        server.hangs_at = ""
        assert (await outcome(server)).state == DELIVERED
    assert {message_from_bytes(each)["Message-ID"] for each in server.messages} == {"<7301@example.com>"}


@pytest.mark.parametrize("at", ["CONNECT", "MAIL", "RCPT", "354", "DATA"])
async def test_a_server_that_hangs_up_defers(at: str) -> None:
    async with mail_server(server_module.MailServer(hangs_up_at=at)) as server:
        told = await outcome(server)
    assert (told.state, told.code) == (DEFERRED, "connection" if at == "CONNECT" else "disconnected")


async def test_no_server_defers() -> None:
    told = await outcome(server_module.MailServer(port=free_port()))
    assert (told.state, told.code) == (DEFERRED, "connection")


async def test_sending_is_never_given_up_by_a_cancelled_connection() -> None:
    async with mail_server(server_module.MailServer(hangs_at="RCPT")) as server, transport(server) as made:
        sending = asyncio.create_task(made.send(NOTICE))
        await server.hanging.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        server.hangs_at = ""
        assert (await made.send(NOTICE)).state == DELIVERED
    assert server.connections == 2


async def test_what_must_be_encrypted_is_never_sent_in_the_clear(trusted: Certificates) -> None:
    async with mail_server() as server:
        told = await outcome(server, tls="required", ca=trusted.ca)
        assert told == Outcome(DEFERRED, "tls", "the mail server offers no STARTTLS")
        assert server.messages == []
        assert (await outcome(server, tls="optional")).state == DELIVERED
    assert server.encrypted == [False]


@pytest.mark.parametrize("tls", ["required", "optional"])
async def test_starttls_encrypts(trusted: Certificates, tls: str) -> None:
    async with mail_server(tls_context=trusted.server, require_starttls=True) as server:
        assert (await outcome(server, tls=tls, ca=trusted.ca)).state == DELIVERED
    assert server.encrypted == [True]


async def test_tls_from_the_first_byte(trusted: Certificates) -> None:
    async with mail_server(implicit=trusted.server) as server:
        assert (await outcome(server, tls="implicit", ca=trusted.ca)).state == DELIVERED
        assert server.encrypted == [True]
        told = await outcome(server, tls="implicit")
    assert (told.state, told.code) == (DEFERRED, "tls")


async def test_a_certificate_that_is_not_trusted_or_of_another_host_defers(
    trusted: Certificates, tmp_path: Path
) -> None:
    other = certificates(tmp_path, "192.0.2.1")
    async with mail_server(tls_context=trusted.server) as server:
        told = await outcome(server, tls="required")
        assert (told.state, told.code) == (DEFERRED, "tls")
        assert "the certificate is not trusted" in told.text
    async with mail_server(tls_context=other.server) as server:
        told = await outcome(server, tls="required", ca=other.ca)
    assert (told.state, told.code) == (DEFERRED, "tls")
    assert "IP address mismatch" in told.text
    assert server.messages == []


async def test_a_server_that_refuses_tls_when_it_is_to_begin_defers(trusted: Certificates) -> None:
    class Refusing(server_module._Server):
        async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
            await self.push("454 4.7.0 TLS not available")

    async with mail_server(kind=Refusing, tls_context=trusted.server) as server:
        told = await outcome(server, tls="required", ca=trusted.ca)
    assert (told.state, told.code) == (DEFERRED, "tls")
    assert "454" in told.text
    assert server.messages == []


@pytest.mark.parametrize(("password", "state", "code"), [(PASSWORD, DELIVERED, "250"), (b"wrong", DEFERRED, "535")])
async def test_it_logs_in_and_a_wrong_password_is_no_fault_of_the_notice(
    trusted: Certificates, password: bytes, state: str, code: str
) -> None:
    async with mail_server(tls_context=trusted.server, auth_required=True) as server:
        told = await outcome(server, tls="required", ca=trusted.ca, user=USER.decode(), password=password.decode())
    assert (told.state, told.code) == (state, code)
    assert "wrong" not in told.text
    assert set(server.logins) == {USER}


@pytest.mark.parametrize(("takes", "state", "code"), [(True, DELIVERED, "250"), (False, REFUSED, "smtputf8")])
async def test_an_address_in_another_script_needs_a_server_that_takes_it(takes: bool, state: str, code: str) -> None:
    async with mail_server(enable_SMTPUTF8=takes) as server:
        told = await outcome(server, replace(NOTICE, address="jürgen@müller.example"))
    assert (told.state, told.code) == (state, code)
    assert server.recipients == (["jürgen@xn--mller-kva.example"] if takes else [])


@pytest.mark.parametrize(
    ("notice", "code"),
    [
        (replace(NOTICE, address="+31612345678"), "address"),
        (replace(NOTICE, message=Message("a\r\nBcc: b@example.org", "a", "en")), "header"),
    ],
)
async def test_what_no_server_could_be_given_is_refused_without_one(notice: Outbound, code: str) -> None:
    async with mail_server() as server:
        told = await outcome(server, notice)
    assert (told.state, told.code, server.connections) == (REFUSED, code, 0)


async def test_connections_are_used_again_also_after_a_refusal() -> None:
    async with mail_server() as server, transport(server) as made:
        states = []
        for number in range(6):
            server.replies = {"RCPT": "550 5.1.1 Unknown"} if number == 2 else {}
            states.append((await made.send(replace(NOTICE, id=str(number)))).state)
    assert states == [DELIVERED, DELIVERED, REFUSED, DELIVERED, DELIVERED, DELIVERED]
    assert server.connections == 1


class _Closing(server_module.MailServer):
    """A server that takes one message over its first connection, and then ends that in some way."""

    ends = ""

    async def reached(self, command: str, server: Any) -> str | None:
        if command != "MAIL" or self.connections > 1 or not self.messages:
            return await super().reached(command, server)
        if self.ends == "says so":
            return "421 4.4.2 Idle for too long"
        server.transport.abort()
        return await asyncio.Event().wait()  # type: ignore[return-value] # it never ends


@pytest.mark.parametrize("ends", ["was closed", "hangs up", "says so"])
async def test_a_connection_that_the_server_has_closed_is_replaced(ends: str) -> None:
    behaviour = _Closing()
    behaviour.ends = ends
    async with mail_server(behaviour) as server, transport(server) as made:
        assert (await made.send(NOTICE)).state == DELIVERED
        if ends == "was closed":
            server.writers[0].abort()
        assert (await made.send(NOTICE)).state == DELIVERED
    assert server.connections == 2


async def test_many_at_once_share_few_connections() -> None:
    async with mail_server() as server, transport(server) as made:
        told = await asyncio.gather(*(made.send(replace(NOTICE, id=str(number))) for number in range(200)))
    assert {each.state for each in told} == {DELIVERED}
    assert len({message_from_bytes(each)["Message-ID"] for each in server.messages}) == len(server.messages) == 200
    assert server.connections <= MOST_CONNECTIONS
