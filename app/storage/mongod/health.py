# SPDX-License-Identifier: Apache-2.0
"""Whether the database takes writes now, for those who ask from another thread than the server's."""

import asyncio
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

PATIENCE_SECONDS = 2.0


class Health:
    """Asks the server's own client, on the server's own event loop."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._client = client
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Call it on the event loop that the client is used on."""
        self._loop = asyncio.get_running_loop()

    def database_answers(self) -> bool:
        """Whether a primary answers within two seconds. Blocks: not for the event loop's own thread."""
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
