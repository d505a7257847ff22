# SPDX-License-Identifier: Apache-2.0
"""Requests and responses for handlers, which know nothing of ASGI."""

from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from app.access.principal import Principal
from app.domain.media_types import JSON
from app.domain.origin import Origin
from app.errors import NotAcceptable, shorten
from app.http.headers.content_coding import coding_of, too_large

CORRELATION = "liaison.correlation_id"
"""The key in the ASGI scope of the correlation id, which is in log lines and events of the request, too."""

PRINCIPAL = "liaison.principal"
"""The key in the ASGI scope of the request's `Principal`; absent where no token is required."""

CYCLE = "liaison.cycle"
"""The key in the ASGI scope of a weak reference to the request's `Cycle`; a strong one would be a reference cycle."""

LONGEST_ACTOR = 256
"""Characters of an actor's name that are stored: in every entry of the log about a change of theirs."""

_WELCOMING = (None, b"", JSON.encode(), b"*/*")
"""The usual values of `Accept` that take JSON; others are parsed."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete, so no answer can be sent."""


class Request:
    """A request for handlers.

    `query` is the undecoded query string. `headers` have names in lower case; header lines of one name are joined as a
    list (RFC 9110 §5.3).
    """

    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int, actor_header: bytes = b"") -> None:
        """`actor_header` is the name, in lower case, of the header with the actor; empty for none."""
        self._scope = scope
        self._receive = receive
        self._max = max_body_bytes
        self._actor_header = actor_header
        self.query = str(scope["query_string"], "latin-1")
        self.headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            self.headers[name] = self.headers[name] + b", " + value if name in self.headers else value

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return str(self._scope["path_params"]["id"])

    def parameter(self, name: str) -> str:
        """A parameter of the path."""
        return str(self._scope["path_params"][name])

    @property
    def principal(self) -> Principal | None:
        """The principal of the request; None where no token is required."""
        principal: Principal | None = self._scope.get(PRINCIPAL)
        return principal

    @property
    def origin(self) -> Origin:
        """The origin of changes by this request: correlation id, actor and client."""
        if (principal := self._scope.get(PRINCIPAL)) is not None:
            client = principal.client[:LONGEST_ACTOR] or None
            return Origin(self._scope.get(CORRELATION), principal.name[:LONGEST_ACTOR], client)
        named = self.headers.get(self._actor_header)
        return Origin(self._scope.get(CORRELATION), _actor(named) if named else None)

    @property
    def namespace(self) -> str:
        """The namespace of names that this principal chooses, such as idempotency keys; empty without a principal."""
        principal = self._scope.get(PRINCIPAL)
        return "" if principal is None else f"{principal.issuer} {principal.name} "

    @property
    def media_type(self) -> str:
        """The media type of the body, in lower case and without parameters; JSON when there is no `Content-Type`."""
        sent = self.headers.get(b"content-type", b"")
        return sent.partition(b";")[0].strip().lower().decode("latin-1") or JSON

    def header(self, name: bytes) -> str:
        """The value of a header (name in lower case), or an empty text."""
        return self.find_header(name) or ""

    def find_header(self, name: bytes) -> str | None:
        """As `header`, but None when it is not there."""
        found = self.headers.get(name)
        return None if found is None else found.decode("latin-1")

    def require_client(self) -> None:
        """Raise `ClientGone` when the client has closed the connection; to be called before long work."""
        cycle = self._scope[CYCLE]() if CYCLE in self._scope else None
        if cycle is not None and cycle.is_gone():
            raise ClientGone

    def require_json_accepted(self) -> None:
        """Raise `NotAcceptable` when the client rules JSON out (TMF630 part 1, content negotiation)."""
        accept = self.headers.get(b"accept")
        if accept not in _WELCOMING and not _take_json(accept.decode("latin-1")):
            raise NotAcceptable(f"Answers are {JSON}; send an Accept header that allows it, or none")

    async def body(self) -> bytes:
        """The whole body, with transfer and content codings undone.

        Raises `PayloadTooLarge` as soon as it exceeds the limit, `UnsupportedMediaType` for an unknown content coding,
        and `ClientGone`.
        """
        if int(self.headers.get(b"content-length", 0)) > self._max:
            raise too_large(self._max)
        unpack = coding_of(self.header(b"content-encoding")) if b"content-encoding" in self.headers else None
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size > self._max:
                raise too_large(self._max)
            chunks.append(chunk)
        sent = b"".join(chunks) if len(chunks) > 1 else chunk
        return unpack(sent, self._max) if unpack else sent

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, whatever its length, with no content coding undone. Raises `ClientGone`."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk


class Response(NamedTuple):
    """A response; `body` is encoded."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    media_type: str = JSON

    async def send(self, scope: Scope, send: Send) -> None:
        """Send the response; only its headers to a HEAD request."""
        headers = [(_encode_name(name), value.encode("latin-1")) for name, value in self.headers.items()]
        if self.status not in (204, 304):
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self.body})


class StreamedResponse(NamedTuple):
    """A response whose body of known `size` comes in chunks, so that no more than these is in memory."""

    status: int
    chunks: AsyncIterator[bytes]
    size: int
    headers: Mapping[str, str]
    media_type: str

    async def send(self, scope: Scope, send: Send) -> None:
        """Send the response; only its headers to a HEAD request.

        Where chunks end early the connection does, as a client could not tell otherwise.
        """
        headers = [(_encode_name(name), value.encode("latin-1")) for name, value in self.headers.items()]
        headers.append((b"content-type", self.media_type.encode()))
        headers.append((b"content-length", b"%d" % self.size))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if scope["method"] != "HEAD":
            async for chunk in self.chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@lru_cache(64)
def _encode_name(name: str) -> bytes:
    """The name of a header as bytes, cached: there are few names, none of which clients choose."""
    return name.lower().encode("latin-1")


def _actor(named: bytes) -> str | None:
    return shorten(named.decode("utf-8", "replace").strip(), LONGEST_ACTOR) or None


def _take_json(accept: str) -> bool:
    return any(_takes_json(item) for item in accept.lower().split(","))


def _takes_json(accepted: str) -> bool:
    media_range, *parameters = (part.strip() for part in accepted.split(";"))
    refused = any(parameter in ("q=0", "q=0.0", "q=0.00", "q=0.000") for parameter in parameters)
    return media_range in (JSON, "application/*", "*/*") and not refused


def plain(scope: Mapping[str, Any]) -> str:
    """Method and path of a request, for log lines."""
    return f"{scope['method']} {scope['path']}"
