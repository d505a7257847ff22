# SPDX-License-Identifier: Apache-2.0
"""The scan of attachments (`LIAISON_ATTACHMENT_SCAN`): a command that reads the bytes, or an HTTP hook that gets them.

What does not answer, or not in time, has not found them clean: bytes stay out then.
"""

import asyncio
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import structlog

from app.errors import InvalidBody, Unavailable
from app.resources.contents.examination import UNKNOWN

log = structlog.get_logger()

Chunks = AsyncIterator[bytes]
Scan = Callable[[Chunks], Awaitable[None]]
"""Raises `InvalidBody` for bytes that should not be kept, and `Unavailable` where nobody could tell."""

REFUSED_BY_COMMAND = 1
"""The exit code of a command for bytes that it refuses, as that of clamdscan; 0 is for those that it finds clean."""
CLEAN, REFUSED = frozenset({200, 204}), frozenset({406, 409, 422})
"""The statuses of a hook for bytes that it finds clean, and for those that it refuses."""

_REFUSAL = "The scan of attachments refuses these bytes; they are not kept"
_SILENT = "The scan of attachments does not answer, and nothing is kept unscanned; try again later"


def scan_of(setting: str, seconds: float) -> Scan | None:
    """The scan that a setting names, by the URL of a hook or a command line; None where it names none."""
    if not setting.strip():
        return None
    if setting.startswith(("http://", "https://")):
        return _Hook(setting, seconds).scan
    return _Command(shlex.split(setting), seconds).scan


class _Command:
    """A command that reads the bytes from its standard input."""

    def __init__(self, words: list[str], seconds: float) -> None:
        self._words, self._seconds = words, seconds

    async def scan(self, chunks: Chunks) -> None:
        """See `Scan`."""
        code = await self._exit_code(chunks)
        if code == REFUSED_BY_COMMAND:
            raise InvalidBody(_REFUSAL)
        if code != 0:
            log.warning("the scan of attachments failed", command=self._words[0], code=code)
            raise Unavailable(_SILENT)

    async def _exit_code(self, chunks: Chunks) -> int | None:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(*self._words, stdin=pipe, stdout=nowhere, stderr=nowhere)
        except OSError as error:
            log.warning("the scan of attachments cannot be run", command=self._words[0], error=error.strerror)
            return None
        try:
            async with asyncio.timeout(self._seconds):
                assert process.stdin is not None, "it was asked for"
                # It may know enough before it has read all.
                with suppress(BrokenPipeError, ConnectionResetError):
                    async for chunk in chunks:
                        process.stdin.write(chunk)
                        await process.stdin.drain()
                process.stdin.close()
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


class _Hook:
    """A URL to which the bytes are sent."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self._seconds = url, seconds

    async def scan(self, chunks: Chunks) -> None:
        """See `Scan`."""
        status = await self._status(chunks)
        if status in REFUSED:
            raise InvalidBody(_REFUSAL)
        if status not in CLEAN:
            log.warning("the scan of attachments failed", status=status)
            raise Unavailable(_SILENT)

    async def _status(self, chunks: Chunks) -> int | None:
        # A server without a scan should not load an HTTP client.
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=self._seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers={"Content-Type": UNKNOWN}) as session,
                session.post(self._url, data=chunks, allow_redirects=False) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("the scan of attachments cannot be reached", error=type(error).__name__)
            return None
