# SPDX-License-Identifier: Apache-2.0
"""Readiness of the database: whether there is a primary, asked from another thread than the event loop's."""

import asyncio
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

PATIENCE_SECONDS = 2.0


class Health:
    """The readiness check, by the server's own client on the server's own event loop."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._client = client
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Note the running event loop, on which the client is used."""
        self._loop = asyncio.get_running_loop()

    def database_answers(self) -> bool:
        """Whether a primary answers within two seconds. Blocks, so not to be called from the event loop's thread."""
        if self._loop is None:
            return False
        hello = asyncio.run_coroutine_threadsafe(self._hello(), self._loop)
        try:
            return hello.result(PATIENCE_SECONDS)
        except TimeoutError:
            hello.cancel()
            return False

    async def _hello(self) -> bool:
        try:
            return bool((await self._client.admin.command("hello")).get("isWritablePrimary"))
        except PyMongoError:
            return False
