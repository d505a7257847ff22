# SPDX-License-Identifier: Apache-2.0
"""An object store behind a proxy that is down or slow, loses answers, or lacks something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

from aiohttp import ClientSession, web
from yarl import URL


class Fault(Enum):
    """What the proxy does to requests."""

    NONE = auto()
    DOWN = auto()
    SLOW = auto()
    LOSE_ONE_ANSWER = auto()
    UNCONDITIONAL = auto()
    NO_DELETIONS = auto()


class FaultyStore:
    """The proxy: its URL, and the fault that it has now."""

    def __init__(self, far: str) -> None:
        self.endpoint = ""
        self.fault = Fault.NONE
        self._far = far
        self._session = ClientSession(auto_decompress=False)

    async def _pass(self, request: web.BaseRequest) -> web.StreamResponse:
        fault = self.fault
        assert isinstance(request.transport, asyncio.Transport)
        if fault is Fault.SLOW:
            await asyncio.sleep(60)
        if fault is Fault.UNCONDITIONAL and "If-None-Match" in request.headers:
            return web.Response(status=501, text="<Error><Code>NotImplemented</Code></Error>")
        if fault is Fault.NO_DELETIONS and request.method == "DELETE":
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        if fault is not Fault.DOWN:
            if "Expect" in request.headers:
                request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # Signed are the name of this host, and the path as it is written.
            url = URL(self._far + request.raw_path, encoded=True)
            headers = {name: value for name, value in request.headers.items() if name != "Expect"}
            sent = self._session.request(request.method, url, headers=headers, data=await request.read())
            async with sent as answer:
                whole = web.Response(status=answer.status, headers=answer.headers, body=await answer.read())
        if fault in (Fault.DOWN, Fault.LOSE_ONE_ANSWER):
            if fault is Fault.LOSE_ONE_ANSWER:
                self.fault = Fault.NONE
            request.transport.abort()
            return web.Response()
        return whole


@asynccontextmanager
async def faulty(far: str) -> AsyncIterator[FaultyStore]:
    """A proxy before the store with the URL `far`, until the block ends."""
    store = FaultyStore(far)
    runner = web.ServerRunner(web.Server(store._pass), shutdown_timeout=0.1)
    async with store._session:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        (host, port), *_ = runner.addresses
        store.endpoint = f"http://{host}:{port}"
        yield store
        await runner.cleanup()
