"""Which requests are turned away unread: a URL that is too long or not UTF-8, and one more than can be answered."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import BadRequest, OverCapacity, UriTooLong

HEALTH = "/health/"
"""The paths that are answered however busy the server is: its keepers must not take it for dead."""
RETRY = {"Retry-After": "1"}

_BARE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def limits(max_url_bytes: int, max_concurrency: int) -> list[Callable[[ASGIApp], ASGIApp]]:
    """The layers that raise `UriTooLong`, `BadRequest` and `OverCapacity`; a `max_concurrency` of 0 takes none."""
    layers: list[Callable[[ASGIApp], ASGIApp]] = [lambda app: UrlLimit(app, max_url_bytes)]
    return [*layers, lambda app: Capacity(app, max_concurrency)] if max_concurrency else layers


class UrlLimit:
    """Passes on what has a URL that can be read."""

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
    """Counts the requests that this process answers at the moment."""

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
    """The path as it came over the wire, as far as the server tells."""
    found: bytes = scope.get("raw_path") or scope["path"].encode()
    return found


def is_utf_8(path: bytes) -> bool:
    """Whether a percent-encoded path stands for a text."""
    try:
        unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return False
    return not _BARE_PERCENT.search(path)
