"""What surrounds every request: its correlation id, its log line, and a path without a closing slash."""

import re
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.domain.ids import new_id
from app.http.messages import CORRELATION

_NAMED = frozenset({b"x-correlation-id", b"traceparent"})
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_CORRELATION = re.compile(r"[\x21-\x7e]{1,128}")


class RequestContext:
    """The outermost layer. The correlation id is taken from `X-Correlation-ID`, else from `traceparent`, else made."""

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
    """Passes an answer on, with the correlation id on it, and remembers its status."""

    __slots__ = ("_header", "_send", "status")

    def __init__(self, send: Send, correlation: str) -> None:
        self._send = send
        self._header = (b"x-correlation-id", correlation.encode("latin-1"))
        self.status: int | None = None

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], self._header]
        return self._send(message)


def correlation_id(scope: Scope) -> str:
    """The id that the client gave the request, else a fresh one."""
    given = dict(scope["headers"])
    return (None if _NAMED.isdisjoint(given) else _named(given)) or new_id()


def _named(given: Mapping[bytes, bytes]) -> str | None:
    with suppress(UnicodeDecodeError):
        if found := _CORRELATION.fullmatch(given.get(b"x-correlation-id", b"").decode("ascii")):
            return found[0]
        if found := _TRACE.fullmatch(given.get(b"traceparent", b"").decode("ascii")):
            return found[1]
    return None


def canonical(path: str) -> str:
    """The path without a closing slash; the documentation page keeps its own, as its files lie below it."""
    return path if path.endswith("/ui/") else path.rstrip("/") or "/"
