# SPDX-License-Identifier: Apache-2.0
"""The layer of client limits: who is charged for what, and that it forgets whoever is answered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.principal import Principal
from app.access.tokens import Tokens
from app.http.denials import Denials
from app.http.middleware.client_limits import ClientLimits, ClientNames, client_limits
from app.settings import Settings

HEALTH = "/health/live"


class Verified:
    """The principals of tokens that were verified, each of which is the name of its client."""

    def __init__(self, *clients: str) -> None:
        self.principals = {client: principal(client) for client in clients}

    def cached_principal(self, token: str) -> Principal | None:
        return self.principals.get(token)


def principal(client: str, subject: str = "alice") -> Principal:
    return Principal("https://issuer", subject, client, frozenset(), 0.0)


def layer(app: ASGIApp, tokens: Verified | None = None, **settings: Any) -> ClientLimits:
    made = client_limits(Settings(**settings), cast(Tokens | None, tokens), Denials(), {HEALTH})
    assert made is not None
    return cast(ClientLimits, made(app))


async def answered(app: ASGIApp, token: str = "", path: str = "/", address: str = "192.0.2.7") -> dict[bytes, bytes]:
    """The headers of the answer to a request, and its status as `b"status"`."""
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "http", "method": "GET", "path": path, "client": (address, 1), "headers": headers}
    starts: list[Message] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)

    await app(scope, cast(Any, None), send)
    (start,) = starts
    return dict(start["headers"]) | {b"status": str(start["status"]).encode()}


async def ok(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def left(answer: dict[bytes, bytes]) -> int:
    return int(answer[b"ratelimit"].split(b";")[1].removeprefix(b"r="))


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await work()

    asyncio.run(main())


def test_a_verified_client_and_its_address_have_buckets_of_their_own() -> None:
    limited = layer(ok, Verified("crm"), rate=0.001, burst=2)

    async def work() -> None:
        assert [left(await answered(limited, "crm")) for _ in range(2)] == [1, 0]
        refusal = await answered(limited, "crm")
        assert (refusal[b"status"], 990 < int(refusal[b"retry-after"]) <= 1000) == (b"429", True)
        assert [left(await answered(limited, token)) for token in ("", "made-up")] == [1, 0]
        assert (await answered(limited))[b"status"] == b"429"
        assert left(await answered(limited, address="192.0.2.8")) == 1
        assert b"ratelimit" not in await answered(limited, path=HEALTH)

    run(work)


def test_a_token_that_turns_out_to_be_good_is_charged_to_its_client() -> None:
    tokens = Verified()

    async def verifying(scope: Scope, receive: Receive, send: Send) -> None:
        tokens.principals["fresh"] = principal("crm")
        await ok(scope, receive, send)

    limited = layer(verifying, tokens, rate=0.001, burst=3)

    async def work() -> None:
        assert left(await answered(limited, "fresh")) == 2
        tokens.principals.clear()
        assert left(await answered(limited, "fresh")) == 1
        assert left(await answered(limited)) == 2

    run(work)


@pytest.mark.parametrize(
    ("burst", "rate", "told"), [(0, 20, b"q=200;w=10"), (5, 2, b"q=5;w=3"), (0, 0.01, b"q=1;w=100")]
)
def test_the_policy_tells_the_bucket_and_how_long_it_takes_to_fill(burst: int, rate: float, told: bytes) -> None:
    limited = layer(ok, rate=rate, burst=burst)

    async def work() -> None:
        assert (await answered(limited))[b"ratelimit-policy"] == b'"client";' + told

    run(work)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12), st.integers(1, 3))
def test_whatever_ends_is_forgotten_and_no_client_has_more_at_a_time(asked: list[tuple[str, bool]], most: int) -> None:
    running: dict[str, int] = dict.fromkeys("abc", 0)

    async def slow(scope: Scope, _receive: Receive, send: Send) -> None:
        client = scope["client"][0]
        running[client] += 1
        assert running[client] <= most
        await asyncio.sleep(0)
        running[client] -= 1
        if scope["path"] == "/fails":
            raise OSError
        await ok(scope, _receive, send)

    limited = layer(slow, client_concurrency=most)

    async def work() -> None:
        paths = {True: "/", False: "/fails"}
        asks = [answered(limited, path=paths[fine], address=client) for client, fine in asked]
        answers = await asyncio.gather(*asks, return_exceptions=True)
        refused = sum(isinstance(each, dict) and each[b"status"] == b"429" for each in answers)
        assert refused == sum(max(0, [each for each, _ in asked].count(client) - most) for client in "abc")
        assert limited._answering == {}

    run(work)


def test_clients_of_two_issuers_and_subjects_without_a_client_are_not_one() -> None:
    names = ClientNames(None, ())
    other = Principal("https://other", "alice", "crm", frozenset(), 0.0)
    told = [principal("crm"), principal("crm", "bob"), other, principal("", "crm"), principal("", "bob")]
    assert len({names.by_principal(each) for each in told}) == len(told) - 1
