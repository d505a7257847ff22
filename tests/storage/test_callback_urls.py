# SPDX-License-Identifier: Apache-2.0
"""Callback URLs are called byte for byte as they were registered: what is on the wire is what the listener wrote."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from app.events.delivery.http_sender import HttpSender, literal
from app.events.delivery.tokens import FetchedToken
from app.events.hub.registration import read_registration
from tests.storage.listening import LOOPBACK, QUICK, Writer, hub, opened, relay, running
from tests.storage.watching import until

SIGNED = "/api/../{tenant}/a%2Fb//./%2e%2e/c?sp=%2Ftriggers%2Frun&sig=aB-_%2b&empty=&q='\"<>^`|\\[]"


class Wiretap:
    """A server at `place` that keeps the first line of each request, as bytes, and its `Host`."""

    def __init__(self, replies: list[bytes]) -> None:
        self.place = ""
        self.targets: list[str] = []
        self.hosts: list[str] = []
        self.authorizations: list[str] = []
        self._replies = replies

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note one request, and answer it."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *fields = head.split("\r\n")
            named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
            await reader.readexactly(int(named.get("content-length", 0)))
            self.targets.append(line.removeprefix("POST ").removesuffix(" HTTP/1.1"))
            self.hosts.append(named["host"])
            self.authorizations.append(named.get("authorization", ""))
            body = self._replies.pop(0) if self._replies else b"201 Created\r\ncontent-length: 0\r\n\r\n"
            writer.write(b"HTTP/1.1 " + body.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
            await writer.drain()
        writer.close()


@asynccontextmanager
async def tapped(*replies: bytes) -> AsyncIterator[Wiretap]:
    """A wiretap at a free port, whose first answers are `replies`."""
    tap = Wiretap(list(replies))
    server = await asyncio.start_server(tap.take, "127.0.0.1", 0)
    tap.place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield tap
    finally:
        server.close()
        await server.wait_closed()


async def heard(targets: list[str], user: str = "") -> list[str]:
    """What a listener is asked for whose URLs end so."""
    async with tapped() as tap, HttpSender(timeout_seconds=5, allowed=LOOPBACK) as postman:
        for target in targets:
            answer = await postman.post(f"http://{user}{tap.place}{target}", b"{}")
            assert answer.delivered, answer
        assert tap.hosts == [tap.place] * len(targets)
        return tap.targets


PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
characters = st.sampled_from(PRINTABLE) | st.sampled_from(["%2F", "%2f", "%2b", "%41", "%", "..", "/./", "{", "}", "?"])
texts = st.lists(characters, max_size=8).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=5))
def test_what_follows_the_host_is_on_the_wire_as_it_was_written(ends: list[str]) -> None:
    targets = [f"/{end}" for end in ends]
    assert asyncio.run(heard(targets)) == [target.partition("#")[0] for target in targets]


@pytest.mark.parametrize(
    ("target", "on_the_wire"),
    [("", "/"), ("?", "/?"), ("?a=%2F", "/?a=%2F"), ("/?", "/?"), ("/a?#b", "/a?"), ("#b?c", "/"), (SIGNED, SIGNED)],
)
@pytest.mark.parametrize("user", ["", "jane:p%40ss@"])
def test_only_a_path_that_is_missing_is_added_and_a_fragment_kept_back(
    target: str, on_the_wire: str, user: str
) -> None:
    assert asyncio.run(heard([target], user)) == [on_the_wire]


@given(texts, st.booleans())
def test_the_host_that_is_checked_is_the_host_that_is_called(end: str, secure: bool) -> None:
    scheme = "HTTPS" if secure else "http"
    url = literal(f"{scheme}://user:x@Listener.example:8443/{end}")
    assert (url.scheme, url.host, url.port, url.user) == (scheme.lower(), "listener.example", 8443, "user")
    assert literal(f"{scheme}://user:x@listener.example/{end}", with_user=False).user is None


def test_no_spelling_is_lost_when_it_is_registered() -> None:
    callback = f"https://listener.example{SIGNED}?"
    assert read_registration({"callback": callback}, "v4").callback == callback


async def by_token(end: str) -> Wiretap:
    """What is asked of a server of tokens whose URL ends so."""
    token = b'200 OK\r\ncontent-length: 22\r\n\r\n{"access_token":"abc"}'
    async with tapped(token) as tap, HttpSender(timeout_seconds=5, allowed=LOOPBACK) as postman:
        client = {"clientId": "me", "clientSecret": "secret", "tokenUrl": f"http://jane:x@{tap.place}{end}"}
        fetched = FetchedToken(client, postman)
        await fetched.header(failing=False)
        await postman.post(f"http://jane:x@{tap.place}{end}", b"{}", {"Authorization": "Bearer abc"})
        return tap


@pytest.mark.parametrize("end", [SIGNED, "/token?", "?", "/a/../b"])
def test_a_token_is_fetched_where_it_was_said_and_no_user_of_a_url_takes_its_place(end: str) -> None:
    tap = asyncio.run(by_token(end))
    assert tap.targets == [end if end.startswith("/") else f"/{end}"] * 2
    assert tap.authorizations[0].startswith("Basic bWU6c2VjcmV0")
    assert tap.authorizations[1] == "Bearer abc"


@pytest.mark.anyio
async def test_every_attempt_goes_there_and_no_redirect_elsewhere(mongodb_uri: str, clean_database: str) -> None:
    elsewhere = b"307 Temporary Redirect\r\nlocation: /elsewhere?x=%2F\r\ncontent-length: 0\r\n\r\n"
    busy = b"503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
    async with tapped(elsewhere, busy, busy) as tap, opened(mongodb_uri, clean_database) as database:
        await hub(database).register({"callback": f"http://{tap.place}{SIGNED}", "secret": None})
        await Writer(database).create("1", name="a")
        async with running(relay(database, QUICK)):
            await until(lambda: len(tap.targets) == 4)
    assert tap.targets == [SIGNED] * 4


def test_the_library_would_have_spelt_it_otherwise() -> None:
    assert URL(f"http://h{SIGNED}").raw_path_qs != SIGNED
