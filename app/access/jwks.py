# SPDX-License-Identifier: Apache-2.0
"""The JSON Web Key Set of an issuer (RFC 7517): fetched at the start, kept fresh, and remembered while it is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from orjson import JSONDecodeError, loads

from app.access.issuers import Issuer, is_trusted, metadata_urls
from app.errors import Unavailable
from app.system.backoff import Backoff
from app.system.tasks import end

FRESH_SECONDS = 300.0
"""How long a set is used before it is fetched anew."""
STALE_SECONDS = 24 * 3600.0
"""How long a set is used while it cannot be fetched anew; then it counts as one that never came."""
ROTATION_SECONDS = 30.0
"""The least time between fetches for a `kid` that the set has not: made-up ones must not hammer an issuer."""
FETCH_SECONDS = 5.0
MOST_BYTES = 512 * 1024
MOST_KEYS = 100
LEAST_RSA_BITS = 2048

log = structlog.get_logger()


class FetchError(Exception):
    """What was fetched is no key set of this issuer."""


class Jwks:
    """The key set of one `issuer`."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._session: aiohttp.ClientSession | None = None
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: float | None = None
        self._rotated_at: float | None = None
        self._refresh_task: asyncio.Task[bool] | None = None
        self.generation = 0
        """Grows when the set loses a key: what that one verified does not hold any longer."""

    def find(self, kid: str | None) -> Key | None:
        """The key of a token's `kid`; None when the set has none. No `kid` means the only key.

        Raises `Unavailable` with `Retry-After` when no set came yet, or none for as long as `STALE_SECONDS`.
        """
        if self._fetched_at is None or time.monotonic() - self._fetched_at > STALE_SECONDS:
            raise Unavailable("The keys of the token's issuer cannot be fetched; try again", {"Retry-After": "5"})
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    async def find_anew(self, kid: str | None) -> Key | None:
        """As `find`, in a set that is fetched anew if that was not done a moment ago."""
        return self.find(kid) if await self._rotate() else None

    async def keep_fresh(self, session: aiohttp.ClientSession) -> None:
        """Fetch the set now and again and again, until it is cancelled; after failures at growing intervals."""
        self._session = session
        pause = Backoff(1.0, ROTATION_SECONDS)
        while True:
            refreshed = await self._refresh_together()
            await asyncio.sleep(FRESH_SECONDS if refreshed else pause.after(0) or 0)
            if refreshed:
                pause = Backoff(1.0, ROTATION_SECONDS)

    async def stop(self) -> None:
        """Cancel a fetch that is under way, before the session is closed."""
        if self._refresh_task is not None:
            await end([self._refresh_task])

    async def _rotate(self) -> bool:
        """Fetch the set for a `kid` that it has not; False where that was done a moment ago."""
        if self._refresh_task is None or self._refresh_task.done():
            now = time.monotonic()
            if self._rotated_at is not None and now - self._rotated_at < ROTATION_SECONDS:
                return False
            self._rotated_at = now
        return await self._refresh_together()

    async def _refresh_together(self) -> bool:
        """Single flight: one fetch for all who want it meanwhile, also when one of them leaves; whether it succeeds."""
        if self._refresh_task is None or self._refresh_task.done():
            self._refresh_task = asyncio.create_task(self._refresh())
        return await asyncio.shield(self._refresh_task)

    async def _refresh(self) -> bool:
        """Take over the set of the issuer; where that fails it is logged, and the set stays as it was."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                keys = _usable_keys(await self._get(self._issuer.jwks or await self._discover()))
        except (aiohttp.ClientError, FetchError, OSError, TimeoutError, ValueError) as error:
            log.warning("keys not fetched", issuer=self._issuer.url, error=str(error) or type(error).__name__)
            return False
        if any(kid not in keys or keys[kid].as_dict() != key.as_dict() for kid, key in self._keys.items()):
            self.generation += 1
        self._keys, self._fetched_at = keys, time.monotonic()
        return True

    async def _discover(self) -> str:
        """The address of the set, as the metadata of the issuer say."""
        refused: list[str] = []
        for url in metadata_urls(self._issuer.url):
            try:
                metadata = await self._get(url)
            except FetchError as error:
                refused.append(str(error))
                continue
            if metadata.get("issuer") != self._issuer.url:
                raise FetchError(f"{url} is the metadata of another issuer")
            address = metadata.get("jwks_uri")
            if not isinstance(address, str) or not is_trusted(address):
                raise FetchError(f"{url} has no jwks_uri that is https")
            return address
        raise FetchError("; ".join(refused))

    async def _get(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`. Raises `FetchError` for anything else; nothing is redirected, no more is read."""
        assert self._session is not None, "keep_fresh runs as long as requests are answered"
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise FetchError(f"{url} answered {response.status}")
            body = b""
            async for piece in response.content.iter_chunked(65_536):
                body += piece
                if len(body) > MOST_BYTES:
                    raise FetchError(f"{url} answered more than {MOST_BYTES} bytes")
        try:
            content = loads(body)
        except JSONDecodeError as error:
            raise FetchError(f"{url} answered no JSON: {error}") from None
        if not isinstance(content, dict):
            raise FetchError(f"{url} answered no JSON object")
        return content


@asynccontextmanager
async def keys_kept_fresh(sets: Iterable[Jwks]) -> AsyncIterator[None]:
    """Keeps the key sets fresh for as long as the block runs; nobody waits for their first fetch."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Liaison", "Accept": "application/json"}
    ) as session:
        tasks = {each: asyncio.create_task(each.keep_fresh(session)) for each in sets}
        try:
            yield
        finally:
            await end(tasks.values())
            for each in tasks:
                await each.stop()


def _usable_keys(jwks: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of a set that signatures may be verified with, by `kid`. Raises `FetchError` when it has none."""
    sent = jwks.get("keys")
    if not isinstance(sent, list) or len(sent) > MOST_KEYS:
        raise FetchError(f"'keys' should be a list of at most {MOST_KEYS} keys")
    keys = {str(key.ensure_kid() or key.kid): key for each in sent for key in _usable_key(each)}
    if not keys:
        raise FetchError("no key of the set can verify a signature")
    return keys


def _usable_key(sent: Any) -> Iterator[Key]:
    """The key, if it is the public one of a pair and is there for signatures. Others are passed over (RFC 7517 §5)."""
    if not isinstance(sent, dict) or sent.get("use", "sig") != "sig":
        return
    try:
        key = import_key({name: value for name, value in sent.items() if name != "d"})
    except (JoseError, ValueError, TypeError):
        log.warning("a key of a set cannot be read", kid=str(sent.get("kid"))[:60])
        return
    if isinstance(key, ECKey | OKPKey) or (isinstance(key, RSAKey) and key.public_key.key_size >= LEAST_RSA_BITS):
        yield key
