# SPDX-License-Identifier: Apache-2.0
"""One hostile input: the bytes that go onto a connection, and what may lawfully come back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.paths import INDIVIDUAL, INDIVIDUAL_V5, PARTY

API, API_V5, HUB = INDIVIDUAL, INDIVIDUAL_V5, f"{PARTY}/hub"

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
QUERY_PATCH = "application/json-patch-query+json"

TARGET = "{id}"
"""Stands in a path for the id of a resource that is there."""


@dataclass(frozen=True)
class Attack:
    """What is sent: `content`, after which nothing more comes when `ends`.

    `silent` is what the protocol lets a server leave unanswered (RFC 9112 §2.2, §9.5: a request that never became one).
    `method` is that of the request, for HEAD is answered without a body.
    """

    name: str
    content: bytes
    silent: bool = False
    ends: bool = True
    method: str = "GET"

    def at(self, id: str) -> "Attack":
        """The attack on the resource with this id."""
        return Attack(
            self.name, self.content.replace(TARGET.encode(), id.encode()), self.silent, self.ends, self.method
        )


def request(
    method: str,
    target: str | bytes,
    headers: Mapping[str, str | bytes] | Iterable[tuple[str | bytes, str | bytes]] = (),
    body: bytes | None = None,
    *,
    host: str | None = "127.0.0.1",
    version: str = "HTTP/1.1",
) -> bytes:
    """The bytes of a request, with nothing escaped or checked; it asks for the connection to be closed behind it."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    lines = [b" ".join((method.encode(), _bytes(target), version.encode()))]
    if host is not None:
        lines.append(b"Host: " + host.encode())
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in pairs]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    lines.append(b"Connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def sent(
    name: str, method: str, target: str, body: Any = None, type: str = "application/json", **headers: str
) -> Attack:
    """The attack of a well-formed request whose `body`, JSON or the very bytes, or whose target is hostile."""
    content = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is not None:
        named = {"Content-Type": type, **named}
    return Attack(name, request(method, target, named, content), method=method)


def numbered(attacks: Iterable[Attack]) -> Iterator[Attack]:
    """The attacks with a number in front of their name, by which a failure is told from its siblings."""
    for number, attack in enumerate(attacks):
        yield Attack(f"{number} {attack.name}", attack.content, attack.silent, attack.ends, attack.method)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
