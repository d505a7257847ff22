# SPDX-License-Identifier: Apache-2.0
"""Notices by webhook: signed posts with a key that stays, whose answers say whether they are to be tried again."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from app.interactions.notices.message import Message
from app.interactions.notices.transport import DEFERRED, DELIVERED, REFUSED, SMS, Outbound, Outcome, transports
from app.interactions.notices.webhook import WebhookTransport
from app.settings import Settings
from tests.listening import SECRET
from tests.serving import free_port
from tests.storage.listening import LOOPBACK, answering
from tests.storage.talking import Script, garbage, hanging_up, lying, silence, slow_headers

pytestmark = pytest.mark.anyio

NOTICE = Outbound("7301", SMS, "+31612345678", Message("Zu spät", "Es ist zu spät.\n", "de"))


@dataclass
class Gateway:
    """What a gateway was sent, and what it answers."""

    url: str = ""
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        """Answer one POST."""
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def gateway(status: int = 202, **headers: str) -> AsyncIterator[Gateway]:
    """A gateway at a free port of the loopback."""
    heard = Gateway(status=status, headers=headers)
    application = web.Application()
    application.router.add_post("/sms", heard.hear)
    async with answering(application) as port:
        heard.url = f"http://127.0.0.1:{port}/sms"
        yield heard


async def outcome(url: str, *, allowed: Any = LOOPBACK, seconds: float = 20.0, times: int = 1) -> Outcome:
    made = WebhookTransport(url, secret=SECRET, allowed=allowed, timeout_seconds=seconds)
    try:
        *_, last = [await made.send(NOTICE) for _ in range(times)]
        return last
    finally:
        await made.close()


async def test_a_notice_is_a_signed_post_and_a_repeat_has_the_same_key() -> None:
    async with gateway() as heard:
        assert await outcome(heard.url, times=2) == Outcome(DELIVERED, "202", "HTTP status 202")
    for headers, body in heard.requests:
        assert Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})
        assert (headers["Idempotency-Key"], headers["webhook-id"]) == ("7301", "7301")
        assert json.loads(body) == {
            "id": "7301",
            "medium": "sms",
            "address": "+31612345678",
            "language": "de",
            "subject": "Zu spät",
            "text": "Es ist zu spät.\n",
        }
    assert len(heard.requests) == 2


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((status, DELIVERED) for status in (200, 201, 202, 204)),
        *((status, DEFERRED) for status in (302, 408, 425, 429, 500, 502, 503, 504)),
        *((status, REFUSED) for status in (400, 401, 403, 404, 409, 410, 413, 422)),
    ],
)
async def test_the_status_says_what_comes_of_it(status: int, state: str) -> None:
    async with gateway(status, Location="/elsewhere") as heard:
        assert await outcome(heard.url) == Outcome(state, str(status), f"HTTP status {status}")
    assert len(heard.requests) == 1


@pytest.mark.parametrize(("status", "seconds"), [(429, 17.0), (503, 17.0), (500, 0.0)])
async def test_who_wants_to_be_left_alone_for_a_while_is(status: int, seconds: float) -> None:
    headers = {"Retry-After": "17"}
    async with gateway(status, **headers) as heard:
        assert (await outcome(heard.url)).retry_after == seconds


@pytest.mark.parametrize(
    ("script", "seconds", "code"),
    [
        (silence, 0.5, "timeout"),
        (slow_headers, 0.5, "timeout"),
        (hanging_up, 20.0, "connection"),
        (garbage, 20.0, "connection"),
    ],
)
async def test_no_answer_is_tried_again(script: Script, seconds: float, code: str) -> None:
    async with lying(script) as liar:
        told = await outcome(liar.url, seconds=seconds)
    assert (told.state, told.code) == (DEFERRED, code)


async def test_no_gateway_is_tried_again() -> None:
    told = await outcome(f"http://127.0.0.1:{free_port()}/sms")
    assert (told.state, told.code) == (DEFERRED, "connection")


async def test_it_calls_the_addresses_alone_that_hubs_may_call() -> None:
    async with gateway() as heard:
        told = await outcome(heard.url.replace("127.0.0.1", "localhost"), allowed=())
        settings = Settings(notice_hooks=f"sms={heard.url}", callback_networks="127.0.0.0/8")
        made = transports(settings)[SMS]
        assert (await made.send(NOTICE)).state == DELIVERED
        await made.close()
    assert (told.state, told.code) == (DEFERRED, "connection")
    assert "is no public address; LIAISON_CALLBACK_NETWORKS" in told.text
    assert len(heard.requests) == 1
    assert "webhook-signature" not in heard.requests[0][0]
