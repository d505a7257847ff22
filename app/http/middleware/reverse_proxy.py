# SPDX-License-Identifier: Apache-2.0
"""Reverse proxies: middleware that strips their path prefix, and rewrites URLs in answers to those clients call."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.attachments import SEGMENT
from app.domain.media_types import JSON
from app.domain.reference_addresses import external_root
from app.errors import TmfError
from app.events.api_version import ConnectedApiVersion
from app.http.headers.client_address import Networks, forwarding_networks, is_trusted
from app.http.headers.forwarding import forwarding
from app.http.middleware.error_answers import error_response
from app.settings import Settings

_URLS = (b"location", b"content-location", b"link")


def reverse_proxy(apis: Sequence[ConnectedApiVersion], settings: Settings) -> Callable[[ASGIApp], ASGIApp] | None:
    """The middleware, if the settings name proxies or a path; None where it is not needed."""
    networks = forwarding_networks(settings.forwarded_from)
    if not networks and not urlsplit(settings.root_url).path:
        return None
    served = tuple(api.base_path for api in apis)
    return lambda app: ReverseProxyMiddleware(app, settings.root_url, served, networks)


class ReverseProxyMiddleware:
    """Serves behind a reverse proxy (RFC 7239): inner layers see the server's own paths, clients the proxy's URLs."""

    def __init__(self, app: ASGIApp, root: str, served: Sequence[str], networks: Networks) -> None:
        """`served` are the base paths of the APIs; `networks` those of the trusted proxies."""
        self._app, self._root, self._networks = app, root, networks
        self._path = urlsplit(root).path
        self._served = tuple(f"{path}/" for path in served)
        # Matches URLs of the server that are whole JSON texts: within a text, quotation marks have a backslash.
        paths = b"|".join(re.escape(path.encode()) for path in served)
        # An `url` is a client's own text, unless it is that of bytes that the server keeps.
        content = rb'[^"]*/' + SEGMENT.encode() + rb'/[0-9a-f-]{36}"'
        whole = rb'(?<=[{,]"href":")%b(?=(?:%b)[/"])|(?<=[{,]"url":")%b(?=(?:%b)/%b)'
        own = re.escape(root.encode())
        self._hrefs = re.compile(whole % (own, paths, own, paths, content))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            forwarded = forwarding(dict(scope["headers"])) if self._is_believed(scope) else None
        except TmfError as error:
            await error_response(error).send(scope, send)
            return
        root = forwarded.root(self._root) if forwarded else self._root
        for prefix in (urlsplit(root).path, self._path):
            self._strip(scope, prefix)
        if root == self._root:
            # Set for each request, as it may run in the context of the request before it on the same connection.
            with external_root(""):
                await self._app(scope, receive, send)
            return
        with external_root(root):
            await self._app(scope, receive, _Renaming(send, self._root, root, self._hrefs))

    def _is_believed(self, scope: Scope) -> bool:
        return bool(self._networks and scope.get("client")) and is_trusted(scope["client"][0], self._networks)

    def _strip(self, scope: Scope, prefix: str) -> None:
        """Strip the proxy's prefix from the path, unless the path with it is one of the server's own."""
        path = scope["path"]
        if prefix and f"{path}/".startswith(f"{prefix}/") and not f"{path}/".startswith(self._served):
            scope["path"] = path[len(prefix) :] or "/"
            raw = scope.get("raw_path") or b""
            if raw.startswith(prefix.encode()):
                scope["raw_path"] = raw[len(prefix) :] or b"/"


class _Renaming:
    """Passes an answer on with its URLs rewritten to another root; buffers JSON bodies for that."""

    def __init__(self, send: Send, own: str, named: str, hrefs: re.Pattern[bytes]) -> None:
        self._send, self._own, self._named, self._hrefs = send, own.encode(), named.encode("latin-1"), hrefs
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [(name, self._header(name, value)) for name, value in message["headers"]]
            if any(name == b"content-type" and value.startswith(JSON.encode()) for name, value in message["headers"]):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._whole(self._start, b"".join(self._body))
            return
        await self._send(message)

    async def _whole(self, start: Message, body: bytes) -> None:
        renamed = self._hrefs.sub(self._named, body)
        if body:
            start["headers"] = [
                (name, b"%d" % len(renamed) if name == b"content-length" else value) for name, value in start["headers"]
            ]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": renamed})

    def _header(self, name: bytes, value: bytes) -> bytes:
        if name == b"link":
            return value.replace(b"<" + self._own + b"/", b"<" + self._named + b"/")
        is_ours = name in _URLS and value.startswith(self._own + b"/")
        return self._named + value[len(self._own) :] if is_ours else value
