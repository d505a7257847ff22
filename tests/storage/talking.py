# SPDX-License-Identifier: Apache-2.0
"""Listeners that lie: real servers on the loopback that say whatever a test lets them say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Liar:
    """A server at `url`, and how many connections it `took` and has `open`."""

    def __init__(self, script: Script) -> None:
        self.url = ""
        self.took = 0
        self.open = 0
        self._script = script

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read the beginning of a request, and answer as the script says."""
        self.took += 1
        self.open += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):  # A sender in a hurry left before it asked
                await reader.readuntil(b"\r\n\r\n")
                await self._script(writer)
        except asyncio.CancelledError:
            writer.transport.abort()  # what is still unsent would keep it open
            raise
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def lying(script: Script, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Liar]:
    """A liar, at a free port unless one is named; whatever it still says is broken off at the end of the block."""
    liar = Liar(script)
    talks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(liar.talk(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(begin, host, port)
    liar.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/events"
    try:
        yield liar
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def endless_body(writer: asyncio.StreamWriter) -> None:
    """Takes the event, and goes on talking for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        await writer.drain()


async def never_ending_body(writer: asyncio.StreamWriter) -> None:
    """Takes the event, promises a body, and falls silent."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    await writer.drain()
    await asyncio.Event().wait()


async def slow_headers(writer: asyncio.StreamWriter) -> None:
    """Sends headers, one at a time, and never the last."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)


async def silence(writer: asyncio.StreamWriter) -> None:
    """Says nothing and does not close."""
    await asyncio.Event().wait()


async def endless_header(writer: asyncio.StreamWriter) -> None:
    """Sends one header without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-More: ")
    while True:
        writer.write(b"x" * 0x1000)
        await writer.drain()


async def garbage(writer: asyncio.StreamWriter) -> None:
    """Says what is not HTTP."""
    writer.write(b"\x00\xffwhat do you want?\r\n\r\n")
    await writer.drain()


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    """Closes without a word."""
