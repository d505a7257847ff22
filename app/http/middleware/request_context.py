# SPDX-License-Identifier: Apache-2.0
"""The outermost middleware: correlation id and log line of each request, answers to failures, and limits."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.domain.identifiers import new_id
from app.errors import BadRequest, OverCapacity, UriTooLong
from app.http.denials import Denials
from app.http.messages import CORRELATION
from app.http.middleware.error_answers import answer_to


class ErrorMiddleware:
    """The middleware that answers failures of inner layers with TMF Errors.

    After a failure within an answer the server closes the connection, as no second answer can be sent.
    """

    def __init__(self, app: ASGIApp, denials: Denials | None = None) -> None:
        """`denials` are told of each of them; None where none can be."""
        self._app = app
        self._denials = denials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            await self._app(scope, receive, send)
        except Exception as failure:  # noqa: BLE001 - it is answered, and logged if nobody foresaw it
            await answer_to(failure, scope, self._denials).send(scope, send)


HEALTH = "/health/"
"""The paths that are answered however busy the server is, so that no probe takes it for dead."""
RETRY = {"Retry-After": "1"}


def health_paths(prefix: str) -> frozenset[str]:
    """The paths of the probes, below `prefix` (`LIAISON_PATH_PREFIX`), too."""
    return frozenset(f"{below}/health/{probe}" for below in ("", prefix.rstrip("/")) for probe in ("live", "ready"))


_BARE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def limits(max_url_bytes: int, max_concurrency: int) -> list[Callable[[ASGIApp], ASGIApp]]:
    """The layers that raise `UriTooLong`, `BadRequest` and `OverCapacity`; the latter unless `max_concurrency` is 0."""
    layers: list[Callable[[ASGIApp], ASGIApp]] = [lambda app: UrlLimit(app, max_url_bytes)]
    return [*layers, lambda app: Capacity(app, max_concurrency)] if max_concurrency else layers


class UrlLimit:
    """Passes on requests with a URL within the limit and in UTF-8."""

    def __init__(self, app: ASGIApp, max_url_bytes: int) -> None:
        self._app = app
        self._longest = max_url_bytes

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            path = scope.get("raw_path") or raw_path(scope)
            if len(path) + len(scope["query_string"]) > self._longest:
                raise UriTooLong(f"Path and query have more than {self._longest} bytes; send a shorter URL")
            if b"%" in path and not is_utf_8(path):
                raise BadRequest("The path is not percent-encoded UTF-8; write 'ü' as '%C3%BC' and '%' itself as '%25'")
        return self._app(scope, receive, send)


class Capacity:
    """Bounds the number of concurrent requests of this process."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._answering = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if self._answering >= self._most and not scope["path"].startswith(HEALTH):
            raise OverCapacity(f"The server is busy with {self._answering} requests; try again in a moment", RETRY)
        self._answering += 1
        try:
            return await self._app(scope, receive, send)
        finally:
            self._answering -= 1


def raw_path(scope: Scope) -> bytes:
    """The percent-encoded path of a request, as far as the server gives it."""
    found: bytes = scope.get("raw_path") or scope["path"].encode()
    return found


def is_utf_8(path: bytes) -> bool:
    """Whether a percent-encoded path decodes to UTF-8."""
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return not _BARE_PERCENT.search(path)


NO_SNIFFING = (b"x-content-type-options", b"nosniff")
"""What every answer says: it is of the type that it names, whatever it looks like (WHATWG Fetch §3.6)."""

_NAMED = frozenset({b"x-correlation-id", b"traceparent"})
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_CORRELATION = re.compile(r"[\x21-\x7e]{1,128}")


class RequestContext:
    """The outermost layer. The correlation id is that of `X-Correlation-ID`, else of `traceparent`, else a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        id = scope[CORRELATION] = correlation_id(scope)
        if scope["path"].endswith("/"):
            scope["path"] = canonical(scope["path"])
        answer = _Answer(send, id)
        ours = logs.correlation.set(id)
        try:
            await self._app(scope, receive, answer)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            logs.info("request", method=scope["method"], path=scope["path"], status=answer.status, ms=took)
            logs.correlation.reset(ours)


class _Answer:
    """Passes an answer on with the headers of every answer, and keeps its status for the log line."""

    __slots__ = ("_header", "_send", "status")

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._header = (b"x-correlation-id", correlation.encode("latin-1"))
        self.status: int | None = None

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], self._header, NO_SNIFFING]
        return self._send(message)


def correlation_id(scope: Scope) -> str:
    """The correlation id that the client sent, else a new one."""
    given = dict(scope["headers"])
    return (None if _NAMED.isdisjoint(given) else _correlation_id_in(given)) or new_id()


def _correlation_id_in(headers: Mapping[bytes, bytes]) -> str | None:
    with suppress(UnicodeDecodeError):
        if match := _CORRELATION.fullmatch(headers.get(b"x-correlation-id", b"").decode("ascii")):
            return match[0]
        if match := _TRACE.fullmatch(headers.get(b"traceparent", b"").decode("ascii")):
            return match[1]
    return None


def canonical(path: str) -> str:
    """The path without a trailing slash; the documentation page keeps its own, as its files are below it."""
    return path if path.endswith("/ui/") else path.rstrip("/") or "/"
