# SPDX-License-Identifier: Apache-2.0
"""Sinks of generated data: the engine on the store, and HTTP to a server."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from app.errors import StartError, shorten
from app.events.api_version import ConnectedApiVersion
from app.resources.engine import Engine
from app.seed.contacts import Body

AT_ONCE = 16
"""Concurrent requests."""


class StoreSink:
    """Creates by the engine, straight in the store: validated, completed and announced like any create."""

    def __init__(self, apis: Sequence[ConnectedApiVersion]) -> None:
        self._engines: dict[str, Engine] = {name: engine for api in apis for name, engine in api.engines.items()}

    async def create(self, resource: str, bodies: list[Body]) -> list[dict[str, Any]]:
        return await self._engines[resource].create_many(bodies) if bodies else []


class HttpSink:
    """Creates over HTTP at a server, whose `collections` have these URLs. Use as an async context manager."""

    def __init__(self, collections: Mapping[str, str]) -> None:
        self._collections = collections
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __aenter__(self) -> "HttpSink":
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def create(self, resource: str, bodies: list[Body]) -> list[dict[str, Any]]:
        return await asyncio.gather(*(self._post(self._collections[resource], body) for body in bodies))

    async def _post(self, url: str, body: Body) -> dict[str, Any]:
        async with self._turns:
            try:
                async with self._session.post(url, json=body) as answer:
                    if answer.status != 201:
                        raise StartError(f"POST {url} answered {answer.status}: {shorten(await answer.text())}")
                    created: dict[str, Any] = await answer.json()
                    return created
            except aiohttp.ClientError as error:
                raise StartError(f"POST {url} failed: {error}") from None
