# SPDX-License-Identifier: Apache-2.0
"""Cross-origin resource sharing (CORS, WHATWG Fetch §3.2): which web pages of other origins may call the server.

They send access tokens themselves; cookies count for nothing, so credentials are never allowed.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import StartError
from app.events.api_version import ConnectedApiVersion
from app.settings import Settings
from app.spec.operations import METHODS

ANY = "*"
MAX_AGE_SECONDS = 600
"""Seconds for which a browser need not ask again what it may send."""
REQUEST_HEADERS = (
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "X-Correlation-ID",
    "traceparent",
    "tracestate",
)
"""Those that pages may send beside the ones that the documents declare."""
SAFELISTED = frozenset({b"cache-control", b"content-language", b"content-length", b"content-type", b"expires"})
"""The headers of an answer that any page may read (§3.2.2)."""

_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def cors(apis: Sequence[ConnectedApiVersion], settings: Settings) -> Callable[[ASGIApp], ASGIApp] | None:
    """The middleware, where the settings name origins; None otherwise. Raises `StartError`."""
    origins = allowed_origins(settings.cors_origins)
    if not origins:
        return None
    names = sorted({*REQUEST_HEADERS, *(name for api in apis for name in _header_parameters(api.document))})
    methods = sorted(
        {
            method.upper()
            for api in apis
            for item in api.document["paths"].values()
            for method in item
            if method in METHODS
        }
        | {"HEAD"}
    )
    return lambda app: Cors(app, origins, methods, names)


def allowed_origins(text: str) -> frozenset[str]:
    """The origins that `LIAISON_CORS_ORIGINS` lists, as browsers write them. Raises `StartError`."""
    listed = [part.strip().lower() for part in text.split(",") if part.strip()]
    if listed == [ANY]:
        return frozenset(listed)
    origins = set()
    for each in listed:
        origin = _ORIGIN.fullmatch(each)
        if origin is None:
            raise StartError(
                f"LIAISON_CORS_ORIGINS: '{each}' should be an origin without a path, such as "
                "https://app.example.com or http://localhost:5173; or * alone, for all"
            )
        origins.add(each.removesuffix(_DEFAULT_PORTS[origin[1]]))
    return frozenset(origins)


class Cors:
    """Answers preflights of allowed origins, and lets their pages read every header of an answer.

    A preflight of another origin is a request like any other, so that its browser sees nothing that allows it.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str], methods: Sequence[str], headers: Sequence[str]) -> None:
        self._app = app
        self._origins = origins
        self._vary = [] if ANY in origins else [(b"vary", b"Origin")]
        self._preflight = [
            (b"access-control-allow-methods", ", ".join(methods).encode()),
            (b"access-control-allow-headers", ", ".join(headers).encode()),
            (b"access-control-max-age", b"%d" % MAX_AGE_SECONDS),
        ]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        sent = dict(scope["headers"])
        allowed = self._allow_origin(sent.get(b"origin", b""))
        if allowed and scope["method"] == "OPTIONS" and b"access-control-request-method" in sent:
            return _answer(send, [*allowed, *self._preflight, *self._vary])

        def allowing(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                exposed = _expose_headers(headers) if allowed else []
                message["headers"] = [*headers, *allowed, *exposed, *self._vary]
            return send(message)

        return self._app(scope, receive, allowing)

    def _allow_origin(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        if ANY in self._origins:
            return [(b"access-control-allow-origin", b"*")] if origin else []
        is_allowed = origin.decode("latin-1").lower() in self._origins
        return [(b"access-control-allow-origin", origin)] if is_allowed else []


def _expose_headers(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in headers} - SAFELISTED | {b"x-correlation-id"}
    return [(b"access-control-expose-headers", b", ".join(sorted(names)))]


async def _answer(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _header_parameters(document: Mapping[str, Any]) -> Iterator[str]:
    """The names of the headers that a bundled document declares as parameters."""
    declared = [*document.get("components", {}).get("parameters", {}).values()]
    for item in document["paths"].values():
        for owner in (item, *(item[method] for method in METHODS if method in item)):
            declared += owner.get("parameters", ())
    yield from (each["name"] for each in declared if each.get("in") == "header")
