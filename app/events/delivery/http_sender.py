# SPDX-License-Identifier: Apache-2.0
"""The HTTP client of deliveries: POST to allowed addresses, with bounds of connections for each host and in all."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import aiohttp
import structlog
from yarl import URL

from app.domain import dates
from app.errors import shorten
from app.events.delivery.callback_addresses import ONLY_PUBLIC, Allowed, socket_factory
from app.events.delivery.resolver import LookUp, Resolver, look_up

GONE = 410
UNAUTHORIZED = 401
BUSY = (429, 503)
"""The statuses whose `Retry-After` is obeyed."""

LONGEST_WAIT_SECONDS = 3600.0
"""The longest `Retry-After` that is obeyed, in seconds; longer ones are cut to it."""


@dataclass(frozen=True)
class DeliveryResult:
    """The outcome of a POST: the HTTP status, or the error that prevented an answer.

    `retry_after` are the seconds of the header `Retry-After`. `body` is that of the answer, cut short.
    It is `late` when no answer came in time.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float = 0.0
    body: bytes = b""
    late: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the status is any 2xx: the documents name 201 (v4) and 204 (v5), listeners send others, too."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the status is 410 (Gone): the listener is never to be called again."""
        return self.status == GONE

    @property
    def unauthorized(self) -> bool:
        """Whether the status is 401: the token is not, or no longer, valid."""
        return self.status == UNAUTHORIZED

    @property
    def summary(self) -> str:
        """The outcome in words, for logs and `lastError`; without anything that the listener sent, and without URL."""
        return shorten(self.error or f"HTTP status {self.status}")


def retry_after_seconds(status: int, header: str | None, now: datetime) -> float:
    """The seconds from `now` in the header `Retry-After` (RFC 9110 §10.2.3); 0 without one that is obeyed."""
    if status not in BUSY or not header:
        return 0.0
    try:
        return min(max(_seconds(header.strip(), now), 0.0), LONGEST_WAIT_SECONDS)
    except (ValueError, OverflowError):
        return 0.0


def _seconds(text: str, now: datetime) -> float:
    if text.isascii() and text.isdigit():
        return float(text)
    at = parsedate_to_datetime(text)
    return (at if at.tzinfo else at.replace(tzinfo=now.tzinfo)).timestamp() - now.timestamp()


class ConnectionLimits:
    """Bounds of concurrent calls, to one host and in all; further callers queue, first come, first served."""

    def __init__(self, *, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = asyncio.Semaphore(in_all)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, host: str) -> AsyncIterator[None]:
        """Within the block, the caller has a slot for one call to `host`."""
        # Weak references: a host's semaphore lives as long as somebody waits for it or holds it.
        at_host = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        async with at_host, self._in_all:
            yield


log = structlog.get_logger()

MOST_BODY_BYTES = 64 * 1024
"""Bytes of an answer that are read at most; the connection of a longer one is closed."""
BODY_SECONDS = 2.0
"""Seconds for the body of an answer, once its status is there."""
IDLE_SECONDS = 10.0

WELL = {"per_host": 32, "in_all": 512}
FAILING = {"per_host": 4, "in_all": 128}
"""Bounds of concurrent calls to listeners whose last delivery failed, so that those that hang cannot use up all."""


class HttpSender:
    """The HTTP client for all listeners; a context manager. `timeout_seconds` bounds one POST as a whole."""

    def __init__(self, *, timeout_seconds: float, allowed: Allowed = ONLY_PUBLIC, look_up: LookUp = look_up) -> None:
        self._resolver = Resolver(look_up)
        self._session = aiohttp.ClientSession(
            # `ConnectionLimits` bounds connections: waiting for a slot must not count as the listener's being slow.
            connector=aiohttp.TCPConnector(
                limit=0,
                resolver=self._resolver,
                use_dns_cache=False,
                socket_factory=socket_factory(allowed),
                keepalive_timeout=IDLE_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            headers={"User-Agent": "Liaison", "Content-Type": "application/json", "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        self._well, self._failing = ConnectionLimits(**WELL), ConnectionLimits(**FAILING)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._resolver.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, failing: bool = False
    ) -> DeliveryResult:
        """POST `body` to `url` as it is written there; a redirect is not followed. Never raises for it.

        `body` is JSON unless `headers` say otherwise. `failing` says that the last POST to this listener failed.
        """
        try:
            async with (self._failing if failing else self._well).place(urlsplit(url).netloc.rpartition("@")[2]):
                return await self._send(url, body, headers)
        except TimeoutError:
            return DeliveryResult(error="no answer in time", late=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return DeliveryResult(error=_error_message(error))

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str] | None) -> DeliveryResult:
        authorized = headers is not None and "Authorization" in headers
        # User and password in the URL would be a second `Authorization`.
        place = literal(url, with_user=not authorized)
        async with self._session.post(place, data=body, headers=headers, allow_redirects=False) as response:
            answer = await _read(response)
            wait = retry_after_seconds(response.status, response.headers.get("Retry-After"), dates.now())
            return DeliveryResult(status=response.status, retry_after=wait, body=answer)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body of the answer; empty when it is too long or too slow, which does not change the outcome."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await response.content.readexactly(MOST_BODY_BYTES + 1)
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    except (TimeoutError, aiohttp.ClientError) as error:
        log.debug("the rest of an answer was not read", error=type(error).__name__)
    response.close()
    return b""


def literal(url: str, *, with_user: bool = True) -> URL:
    """The `URL` by which a client's `url` is called with path and query byte for byte.

    Receivers may sign URLs or route by them, so equivalent spellings will not do. `URL` itself would decode `%2b`,
    resolve dots and drop an empty query, so path and query are passed as an encoded path. A fragment is not sent
    (RFC 9110 §4.1).
    """
    scheme, _, rest = url.partition("://")
    rest = rest.partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority, target = rest[:end], rest[end:]
    return URL.build(
        scheme=scheme.lower(),
        authority=authority if with_user else authority.rpartition("@")[2],
        path=target if target.startswith("/") else f"/{target}",
        encoded=True,
    )


def _error_message(error: Any) -> str:
    """An error in words. Its own message may repeat the URL, or what the listener sent, which must not be logged."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate is not trusted: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer is not HTTP"
    return f"{type(error).__name__}: the POST failed"
