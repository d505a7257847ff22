# SPDX-License-Identifier: Apache-2.0
"""Limits of each client: what it may send per second and at a time, who it is, and what it is told beyond that."""

import time
from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from tests.contract.answers import refused
from tests.contract.conftest import Deploy
from tests.contract.crowd import BODY, occupying
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.paths import INDIVIDUAL

BURST = 6
RATE = 0.01
"""So little that no token comes back while a test runs."""
REFILL = round(BURST / RATE)
ALL = "*:*"


@pytest.fixture(scope="module")
def limited(deploy: Deploy, provider: IdentityProvider) -> httpx.Client:
    """A server that asks for tokens, behind a proxy that names its clients' addresses."""
    return deploy(
        rate=RATE, burst=BURST, issuers=provider.url, audience=AUDIENCE, forwarded_from="127.0.0.0/8", path_prefix="/r1"
    )


NUMBERS = count(1)


@pytest.fixture
def address(limited: httpx.Client) -> Iterator[str]:
    """An address that no other test has, which the requests of this one come from."""
    found = f"2001:db8:{next(NUMBERS):x}:1::1"
    limited.headers["X-Forwarded-For"] = found
    yield found
    del limited.headers["X-Forwarded-For"]


def left(answer: httpx.Response) -> int:
    """The tokens that are left, as the answer tells them."""
    assert answer.headers["ratelimit-policy"] == f'"client";q={BURST};w={REFILL}'
    name, remaining, reset = answer.headers["ratelimit"].split(";")
    assert name == '"client"'
    assert 0 < int(reset.removeprefix("t=")) <= REFILL
    return int(remaining.removeprefix("r="))


def exhaust(server: httpx.Client, headers: dict[str, str] | None = None) -> None:
    """Send as many requests as a client may send at once, and one more."""
    for _ in range(BURST):
        answer = server.get(f"/r1{INDIVIDUAL}", headers=headers)
    assert left(answer) == 0
    refused(server.get(f"/r1{INDIVIDUAL}", headers=headers), 429, "53")


REQUESTS = [
    ("GET", "/", 200),
    ("GET", "/nothing/here", 404),
    ("PUT", f"/r1{INDIVIDUAL}", 405),
    ("GET", f"/r1{INDIVIDUAL}", 401),
    ("GET", f"/r1{INDIVIDUAL}/{'x' * 20_000}", 414),
    ("GET", f"/r1{INDIVIDUAL}/%FF", 400),
]


@pytest.mark.usefixtures("address")
def test_every_request_counts_and_its_answer_tells_what_is_left(limited: httpx.Client) -> None:
    for number, (method, path, status) in enumerate(REQUESTS, 1):
        answer = limited.request(method, path)
        assert (answer.status_code, left(answer)) == (status, BURST - number), path
    for method, path, _ in REQUESTS:
        answer = limited.request(method, path)
        assert "try again in" in refused(answer, 429, "53")
        assert left(answer) == 0
        assert REFILL / BURST - 30 < int(answer.headers["retry-after"]) <= REFILL / BURST
        assert answer.headers["x-correlation-id"]


@pytest.mark.usefixtures("address")
def test_health_is_told_without_end_and_costs_nothing(limited: httpx.Client) -> None:
    exhaust(limited)
    for path in ("/health/live", "/health/ready", "/r1/health/live", "/r1/health/ready", "/health/ready/"):
        answer = limited.get(path)
        assert (answer.status_code, "ratelimit" in answer.headers) == (200, False), path
    refused(limited.get("/health/else"), 429, "53")


def test_a_network_of_ipv6_is_one_client_and_another_one_is_not(limited: httpx.Client, address: str) -> None:
    exhaust(limited)
    neighbour = {"X-Forwarded-For": address.replace("::1", ":ffff::2")}
    refused(limited.get("/", headers=neighbour), 429, "53")
    stranger = {"X-Forwarded-For": address.replace(":1::1", ":2::1")}
    assert left(limited.get("/", headers=stranger)) == BURST - 1


@pytest.mark.usefixtures("address")
def test_clients_count_by_their_tokens_and_not_by_their_address(
    limited: httpx.Client, provider: IdentityProvider
) -> None:
    crm, shop = (bearer(provider.token(ALL, client_id=name)) for name in ("count-crm", "count-shop"))
    exhaust(limited, crm)
    assert left(limited.get(f"/r1{INDIVIDUAL}", headers=shop)) == BURST - 1
    assert left(limited.get(f"/r1{INDIVIDUAL}")) == BURST - 1
    refused(limited.get("/nothing/here", headers=crm), 429, "53")


@pytest.mark.usefixtures("address")
def test_a_token_without_a_client_counts_for_its_subject(limited: httpx.Client, provider: IdentityProvider) -> None:
    alice, bob = (bearer(provider.token(ALL, client_id=None, sub=name)) for name in ("count-alice", "count-bob"))
    exhaust(limited, alice)
    assert left(limited.get(f"/r1{INDIVIDUAL}", headers=bob)) == BURST - 1


@pytest.mark.usefixtures("address")
def test_made_up_tokens_count_for_the_address_and_are_not_verified_beyond(
    limited: httpx.Client, provider: IdentityProvider
) -> None:
    known = bearer(provider.token(ALL, client_id="known"))
    assert limited.get(f"/r1{INDIVIDUAL}", headers=known).status_code == 200
    for number in range(BURST):
        headers = bearer(f"{provider.token(ALL, client_id='known')}{number}")
        refused(limited.get(f"/r1{INDIVIDUAL}", headers=headers), 401, "41")
    # Even a good one is not looked at, unless it was before.
    unseen = bearer(provider.token(ALL, client_id="unseen"))
    refused(limited.get(f"/r1{INDIVIDUAL}", headers=unseen), 429, "53")
    assert left(limited.get(f"/r1{INDIVIDUAL}", headers=known)) == BURST - 2


def test_fresh_tokens_are_no_way_around_the_limit(
    limited: httpx.Client, provider: IdentityProvider, address: str
) -> None:
    now = int(time.time())
    statuses = [
        limited.get(
            f"/r1{INDIVIDUAL}", headers=bearer(provider.token(ALL, client_id="fresh", exp=now + 200 + number))
        ).status_code
        for number in range(3 * BURST)
    ]
    # Its own bucket, and that of its address.
    assert statuses == [200] * (2 * BURST) + [429] * BURST


def test_nothing_is_counted_by_default(client: httpx.Client) -> None:
    assert not [name for name in client.get(INDIVIDUAL).headers if name.startswith("ratelimit")]


def test_one_client_is_answered_so_many_at_a_time_and_others_as_well(deploy: Deploy) -> None:
    server = deploy(client_concurrency=2, forwarded_from="127.0.0.0/8")
    other = {"X-Forwarded-For": "192.0.2.7"}
    with occupying(server) as line, occupying(server):
        answer = server.get(INDIVIDUAL)
        assert "2 requests of yours are being answered" in refused(answer, 429, "53")
        assert answer.headers["retry-after"] == "1"
        assert server.get(INDIVIDUAL, headers=other).status_code == 200
        assert server.get("/health/ready").status_code == 200
        line.sendall(BODY)
        assert line.recv(1000).startswith(b"HTTP/1.1 201 ")
        assert server.get(INDIVIDUAL).status_code == 200
