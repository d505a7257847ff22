# SPDX-License-Identifier: Apache-2.0
"""A TCP connection that tests can cut."""

import asyncio
from contextlib import suppress

from pymongo.uri_parser import parse_uri


class Wire:
    """A TCP connection to the database that can be cut."""

    def __init__(self, uri: str) -> None:
        self._host, self._port = parse_uri(uri)["nodelist"][0]
        self._whole = True
        self._open: set[asyncio.StreamWriter] = set()
        self.refused = 0
        self.uri = ""

    async def __aenter__(self) -> "Wire":
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.uri = f"mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=200"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        self._server.close()
        await self._server.wait_closed()

    async def cut(self) -> None:
        """Close every connection and refuse new ones."""
        self._whole = False
        for writer in self._open:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._open), return_exceptions=True)

    def mend(self) -> None:
        """Connect again."""
        self._whole = True

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            self.refused += 1
            writer.close()
            return
        self._open.add(writer)
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._open.add(far_writer)
        if not self._whole:
            await self.cut()
            return
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # being cut is what a wire is for
            while some := await source.read(65536):
                target.write(some)
                await target.drain()
        target.close()
