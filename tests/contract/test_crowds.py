# SPDX-License-Identifier: Apache-2.0
"""Crowds that are silent, slow or do not read hurt themselves alone; and lists end before they are too large."""

import asyncio
import gc
from contextlib import ExitStack
from types import SimpleNamespace

import httpx
import pytest

from app.http.handlers.lists import Lists
from app.http.messages import CYCLE, ClientGone, Request
from app.http.server.cycle import Cycle
from app.resources.lists.pages import ListPage, ListQuery
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.paths import INDIVIDUAL
from tests.raw import asked, line, request

GET = request("GET", INDIVIDUAL)
LARGEST = 65_536


@pytest.fixture(scope="module")
def small(deploy: Deploy) -> httpx.Client:
    """A server with room for few."""
    return deploy(max_connections=10, max_response_bytes=LARGEST)


@pytest.fixture(scope="module")
def hasty(deploy: Deploy) -> httpx.Client:
    """A server that waits a second, and no longer."""
    return deploy(request_seconds=1, idle_seconds=1)


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nA: ", request("POST", INDIVIDUAL, "Content-Length: 9", body=b"{")]
)
def test_a_crowd_that_asks_for_nothing_makes_room_for_who_does(small: httpx.Client, sent: bytes) -> None:
    url = str(small.base_url)
    with ExitStack() as crowd:
        guest = crowd.enter_context(line(url))
        guest.send(GET)
        assert guest.answer().status == 200
        for _ in range(60):
            crowd.enter_context(line(url)).send(sent)
        assert asked(url, GET).status == 200
        guest.send(GET)
        assert guest.answer().status == 200


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n", request("POST", INDIVIDUAL, "Content-Length: 9", body=b"{")])
def test_a_request_that_does_not_come_in_time_is_told_so(hasty: httpx.Client, sent: bytes) -> None:
    with line(str(hasty.base_url)) as spoken:
        spoken.send(sent)
        answer = spoken.answer()
        assert (answer.status, answer.json()["code"]) == (408, "63")
        assert spoken.ends()


@pytest.mark.parametrize("sent", [b"", b"\r\n", GET])
def test_a_connection_without_a_request_is_closed(hasty: httpx.Client, sent: bytes) -> None:
    with line(str(hasty.base_url)) as spoken:
        spoken.send(sent)
        if sent == GET:
            assert spoken.answer().status == 200
        assert spoken.ends()


def test_a_list_ends_before_it_is_too_large_and_next_leads_to_the_rest(small: httpx.Client) -> None:
    made = [small.post(INDIVIDUAL, json=individual(x="x" * 9000)).json() for _ in range(20)]
    made.append(small.post(INDIVIDUAL, json=individual(x="x" * 2 * LARGEST)).json())
    for query in ("", "?limit=15", "?limit=15&sort=-id", "?fields=x,id"):
        seen: list[str] = []
        answer = small.get(INDIVIDUAL + query)
        while True:
            assert len(answer.content) <= LARGEST or len(answer.json()) == 1
            assert answer.headers["x-result-count"] == str(len(answer.json()))
            assert answer.headers["x-total-count"] == "21"
            seen += [each["id"] for each in answer.json()]
            if "next" not in answer.links:
                break
            answer = small.get(answer.links["next"]["url"])
        assert sorted(seen) == sorted(each["id"] for each in made)
        assert len(seen) == 21


def test_who_reads_nothing_keeps_nobody_else_from_being_answered(small: httpx.Client) -> None:
    url = str(small.base_url)
    with ExitStack() as crowd:
        for _ in range(8):
            crowd.enter_context(line(url)).send(GET * 50)
        assert asked(url, GET).status in (200, 206)


def cycles() -> int:
    """How many requests there are in this process's memory."""
    return sum(isinstance(each, Cycle) for each in gc.get_objects())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", INDIVIDUAL, None, 200),
        ("GET", f"{INDIVIDUAL}?nothing=1", None, 400),
        ("GET", f"{INDIVIDUAL}/none", None, 404),
        ("POST", INDIVIDUAL, individual(), 201),
        ("POST", INDIVIDUAL, {"givenName": 5}, 400),
        ("PATCH", f"{INDIVIDUAL}/none", {}, 404),
        ("PUT", INDIVIDUAL, None, 405),
    ],
)
def test_an_answered_request_is_freed_at_once_and_not_by_the_garbage_collector(
    small: httpx.Client, method: str, path: str, body: object, status: int
) -> None:
    gc.collect()
    gc.disable()
    try:
        before = cycles()
        for _ in range(10):
            assert small.request(method, path, json=body).status_code == status
        assert cycles() <= before + 1, "only the connection has its last one"
    finally:
        gc.enable()


def test_a_list_that_waits_for_its_turn_is_not_made_for_who_has_left() -> None:
    cycle = SimpleNamespace(is_gone=lambda: True)
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], CYCLE: lambda: cycle}
    sought: list[ListQuery] = []

    async def find(asked: ListQuery) -> ListPage:
        sought.append(asked)
        return ListPage([], None, more=False)

    async def nothing() -> dict[str, str]:
        return {}

    with pytest.raises(ClientGone):
        asyncio.run(Lists(100, 1000, LARGEST).answer(Request(scope, nothing, 0), "/", find))
    assert sought == []
