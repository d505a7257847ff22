"""One POST to a listener: what counts as delivered, gone or failed."""

from dataclasses import dataclass
from typing import Self

import aiohttp

GONE = 410


@dataclass(frozen=True)
class Answer:
    """What came of a POST: the HTTP status, or the error that prevented one."""

    status: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """Any 2xx: the documents name 201 (v4) and 204 (v5), listeners send what they like."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The listener asks never to be called again."""
        return self.status == GONE

    @property
    def told(self) -> str:
        """For logs and the registration's `lastError`."""
        return self.error or f"HTTP status {self.status}"


class Postman:
    """The HTTP client for all listeners; a context manager. `timeout_seconds` bounds one POST as a whole."""

    def __init__(self, *, timeout_seconds: float) -> None:
        # No limit on connections: with one, listeners that hang would keep the others waiting.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            headers={"User-Agent": "Liaison", "Content-Type": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def post(self, callback: str, body: bytes) -> Answer:
        """POST `body` (JSON) to `callback` as it is written there; a redirect is not followed. Never raises for it."""
        try:
            async with self._session.post(callback, data=body, allow_redirects=False) as response:
                return Answer(status=response.status)
        except TimeoutError:
            return Answer(error="no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # An invalid URL is told with the URL, and that may hold a password.
            return Answer(error=f"{type(error).__name__}: {error}".replace(callback, "the callback"))
