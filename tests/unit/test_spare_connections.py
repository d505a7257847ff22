# SPDX-License-Identifier: Apache-2.0
"""Where every connection of a process waits for its answer, `/health` is told and anything else is to come again."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app.http.server.bounds import Bounds
from app.http.server.protocol import HttpProtocol

pytestmark = pytest.mark.anyio

SECONDS = 10


class Patient:
    """An application that answers `/slow` only when it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.asked = asyncio.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            self.asked.release()
            await self.may.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def patient() -> Patient:
    return Patient()


@pytest.fixture
async def port(patient: Patient) -> AsyncIterator[int]:
    config = Config(patient, lifespan="off", log_config=None)
    config.load()
    made = partial(HttpProtocol, config, ServerState(), {}, bounds=Bounds(connections=2))
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def status(port: int, path: str) -> bytes:
    """The status and what follows of an answer, on a connection that is closed behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    told = await asyncio.wait_for(reader.read(), SECONDS)
    writer.close()
    return told.removeprefix(b"HTTP/1.1 ")


async def test_who_is_served_stays_health_is_told_and_others_come_again(port: int, patient: Patient) -> None:
    served = [asyncio.create_task(status(port, "/slow")) for _ in range(2)]
    for _ in served:
        await asyncio.wait_for(patient.asked.acquire(), SECONDS)
    assert (await status(port, "/health/live")).startswith(b"200")
    refused = await status(port, "/other")
    assert refused.startswith(b"503")
    assert b"retry-after: 1" in refused
    assert b"x-correlation-id" in refused
    patient.may.set()
    assert [told[:3] for told in await asyncio.gather(*served)] == [b"200", b"200"]
    assert (await status(port, "/other")).startswith(b"200")
