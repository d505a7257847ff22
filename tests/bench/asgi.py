# SPDX-License-Identifier: Apache-2.0
"""Calls the application without a network, so that what is measured is the server's own work."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message


async def call(app: ASGIApp, method: str, path: str, body: bytes = b"") -> Any:
    """The JSON that the application answers to one request."""
    sent: list[Message] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return received.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(method, path), receive, send)
    assert sent[0]["status"] < 300, sent
    return json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """The application between its startup and its shutdown."""
    asked: asyncio.Queue[Message] = asyncio.Queue()
    told: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, asked.get, told.put))
    await asked.put({"type": "lifespan.startup"})
    started = await told.get()
    assert started["type"] == "lifespan.startup.complete", started
    yield app
    await asked.put({"type": "lifespan.shutdown"})
    await life


def _scope(method: str, path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "scheme": "http",
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
    }
