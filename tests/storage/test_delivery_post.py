# SPDX-License-Identifier: Apache-2.0
"""The POST to a listener: to allowed addresses only, never elsewhere, never for long, and without telling secrets."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from app.events.delivery.callback_addresses import allowed_networks
from app.events.delivery.http_sender import DeliveryResult, HttpSender
from app.events.delivery.resolver import LookUp, look_up
from tests.storage import talking
from tests.storage.listening import LOOPBACK, ear
from tests.storage.talking import Script, lying
from tests.storage.watching import DEADLINE_SECONDS, until

pytestmark = pytest.mark.anyio

EVENT = b'{"event":{"individual":{"id":"1"}}}'


async def posted(
    url: str, *, seconds: float = 5.0, look_up: LookUp = look_up, allowed: Any = LOOPBACK
) -> DeliveryResult:
    """The answer to one POST."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        async with HttpSender(timeout_seconds=seconds, allowed=allowed, look_up=look_up) as postman:
            return await postman.post(url, EVENT)


def naming(*addresses: str) -> LookUp:
    """A name server that knows one address after the other, for any name; the last one for good."""
    left = list(addresses)

    def found(host: str, port: int) -> Sequence[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return found


def port(url: str) -> str:
    return url.rpartition(":")[2].partition("/")[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_the_loopback_is_not_called_unless_it_is_allowed(host: str) -> None:
    async with ear() as listener:
        answer = await posted(f"http://{host}:{port(listener.url)}/", allowed=())
    assert answer.status is None
    assert answer.error
    assert listener.requests == []


async def test_a_refusal_names_the_setting() -> None:
    answer = await posted("http://169.254.169.254/latest/meta-data/")
    assert "169.254.169.254 is no public address; LIAISON_CALLBACK_NETWORKS" in answer.summary


async def test_a_name_is_judged_by_what_it_stands_for() -> None:
    async with ear() as listener:
        url = f"http://listener.example:{port(listener.url)}/events"
        assert (await posted(url, look_up=naming("127.0.0.1"))).delivered
        refused = await posted(url, look_up=naming("10.1.2.3"))
    assert "10.1.2.3 is no public address" in refused.summary
    assert listener.requests[0].host == url.split("/")[2]


@pytest.mark.parametrize(("allowed", "calls"), [("127.0.0.1/32", 0), ("127.0.0.0/8", 1)])
async def test_a_name_that_stands_for_another_address_the_next_time_is_judged_again(
    monkeypatch: pytest.MonkeyPatch, allowed: str, calls: int
) -> None:
    monkeypatch.setattr("app.events.delivery.resolver.KEPT_SECONDS", 0.0)
    async with ear((500, {"Connection": "close"})) as listener:
        url = f"http://rebinding.example:{port(listener.url)}/events"
        async with (
            lying(talking.hanging_up, host="127.0.0.2", port=int(port(listener.url))) as inside,
            HttpSender(
                timeout_seconds=5, allowed=allowed_networks(allowed), look_up=naming("127.0.0.1", "127.0.0.2")
            ) as postman,
        ):
            answers = [await postman.post(url, EVENT) for _ in range(2)]
    assert [answer.status for answer in answers] == [500, None]
    assert inside.took == calls


async def test_of_several_addresses_only_an_allowed_one_is_called() -> None:
    async with ear() as listener:

        def both(host: str, port: int) -> Sequence[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("10.0.0.1", "127.0.0.1")]

        answer = await posted(f"http://listener.example:{port(listener.url)}/", look_up=both)
    assert answer.delivered


async def test_a_redirect_is_not_followed() -> None:
    async with ear() as target, ear((307, {"Location": target.url})) as listener:
        answer = await posted(listener.url)
    assert (answer.status, answer.delivered) == (307, False)
    assert target.requests == []


@pytest.mark.parametrize("script", [talking.endless_body, talking.never_ending_body])
async def test_what_was_answered_holds_however_the_body_goes_on(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.events.delivery.http_sender.BODY_SECONDS", 0.2)
    async with lying(script) as liar, HttpSender(timeout_seconds=DEADLINE_SECONDS, allowed=LOOPBACK) as postman:
        answer = await postman.post(liar.url, EVENT)
        await until(lambda: liar.open == 0 or script is talking.never_ending_body)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("script", [talking.slow_headers, talking.silence])
async def test_who_does_not_come_to_a_status_in_time_has_failed(script: Script) -> None:
    async with lying(script) as liar:
        assert await posted(liar.url, seconds=0.5) == DeliveryResult(error="no answer in time", late=True)


@pytest.mark.parametrize("script", [talking.garbage, talking.endless_header, talking.hanging_up])
async def test_who_does_not_speak_http_has_failed(script: Script) -> None:
    async with lying(script) as liar:
        answer = await posted(liar.url.replace("//", "//user:hush@") + "?key=hush")
    assert answer.status is None
    assert answer.error
    assert "hush" not in answer.error


@pytest.mark.parametrize(
    "url", ["http://user:hush@/", "http://user:hush@a b/", "http://user:hush@x:99999/", "http://["]
)
async def test_a_url_that_cannot_be_called_is_not_repeated(url: str) -> None:
    answer = await posted(url)
    assert answer.error
    assert "hush" not in answer.error


async def test_a_name_that_nobody_knows_has_failed() -> None:
    def unknown(host: str, port: int) -> Sequence[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    failed = await posted("http://nowhere.example/", look_up=unknown)
    assert failed.summary == "no connection: Name or service not known"


async def test_a_dead_name_server_holds_up_nobody_else() -> None:
    looking = asyncio.Event()
    loop = asyncio.get_running_loop()
    answered = threading.Event()

    def dead(host: str, port: int) -> Sequence[Any]:
        if host == "listener.example":
            return naming("127.0.0.1")(host, port)
        loop.call_soon_threadsafe(looking.set)
        answered.wait(DEADLINE_SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async with (
        ear() as listener,
        HttpSender(timeout_seconds=DEADLINE_SECONDS, allowed=LOOPBACK, look_up=dead) as postman,
    ):
        waiting = [asyncio.create_task(postman.post("http://dead.example/", EVENT)) for _ in range(50)]
        await looking.wait()
        answer = await postman.post(f"http://listener.example:{port(listener.url)}/", EVENT)
        assert answer.delivered
        assert not any(task.done() for task in waiting)
        answered.set()
        assert {(await task).error for task in waiting} == {"no connection: Temporary failure in name resolution"}


@pytest.mark.parametrize("failing", [True, False])
async def test_who_hangs_does_not_get_all_connections(monkeypatch: pytest.MonkeyPatch, failing: bool) -> None:
    monkeypatch.setattr("app.events.delivery.http_sender.FAILING", {"per_host": 3, "in_all": 3})
    monkeypatch.setattr("app.events.delivery.http_sender.WELL", {"per_host": 3, "in_all": 4})
    async with (
        lying(talking.silence) as liar,
        ear() as listener,
        HttpSender(timeout_seconds=DEADLINE_SECONDS, allowed=LOOPBACK) as postman,
        asyncio.TaskGroup() as calls,
    ):
        hanging = [calls.create_task(postman.post(liar.url, EVENT, failing=failing)) for _ in range(20)]
        await until(lambda: liar.took == 3)
        answers = [await postman.post(listener.url, EVENT) for _ in range(5)]
        assert all(answer.delivered for answer in answers)
        assert liar.took == 3
        for task in hanging:
            task.cancel()


async def test_the_wait_that_a_listener_asks_for_is_told() -> None:
    async with ear((503, {"Retry-After": "7"}), (500, {"Retry-After": "7"})) as listener:
        assert (await posted(listener.url)).retry_after == 7
        assert (await posted(listener.url)).retry_after == 0
