# SPDX-License-Identifier: Apache-2.0
"""What a call to a listener is authenticated with: a header that was given, or a token that is fetched (OAuth 2)."""

import asyncio
import base64
import re
from collections.abc import Mapping
from time import monotonic
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

import orjson

from app.events.delivery.http_sender import HttpSender

AUTHORIZATION = "Authorization"
FORM = "application/x-www-form-urlencoded"
USUAL_SECONDS = 300.0
"""Seconds for which a token is used when the token server does not say (`expires_in`)."""
MARGIN = 0.1
"""The last part of a token's lifetime in which it is not used, as it might expire on its way."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class NoToken(Exception):
    """No token can be had; the message says why, without any secret."""


class Authorization(Protocol):
    """What lets us in at a listener: a header."""

    name: str
    """That of the header."""

    async def header(self, *, failing: bool) -> str:
        """The value of the header. Raises `NoToken`."""

    def refused(self, header: str) -> bool:
        """Note that a call with this `header` was answered with 401; whether there may be a valid token."""


class GivenHeader:
    """A header whose value the listener gave: a bearer token (RFC 6750), a password (RFC 7617), or a key."""

    def __init__(self, value: str, name: str = AUTHORIZATION) -> None:
        self.name = name
        self._header = value

    async def header(self, *, failing: bool) -> str:
        return self._header

    def refused(self, header: str) -> bool:
        return False


class FetchedToken:
    """Tokens by client credentials (RFC 6749 §4.4): fetched when needed, used until they expire or are refused."""

    name = AUTHORIZATION

    def __init__(self, authentication: Mapping[str, str], postman: HttpSender) -> None:
        self._url = authentication["tokenUrl"]
        client = ":".join(quote_plus(authentication[name]) for name in ("clientId", "clientSecret"))
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(client.encode()).decode()}",
            "Content-Type": FORM,
            "Accept": "application/json",
        }
        scope = {"scope": authentication["scope"]} if "scope" in authentication else {}
        self._form = urlencode({"grant_type": "client_credentials", **scope}).encode()
        self._postman = postman
        self._fetching = asyncio.Lock()
        self._header, self._good_until = "", 0.0

    async def header(self, *, failing: bool) -> str:
        async with self._fetching:
            if monotonic() >= self._good_until:
                await self._fetch(failing)
            return self._header

    def refused(self, header: str) -> bool:
        if header == self._header:
            self._good_until = 0.0
        return True

    async def _fetch(self, failing: bool) -> None:
        answer = await self._postman.post(self._url, self._form, self._headers, failing=failing)
        if not answer.delivered:
            raise NoToken(f"no token from tokenUrl: {answer.summary}")
        token, seconds = _parse_token_response(answer.body)
        self._header, self._good_until = f"Bearer {token}", monotonic() + seconds * (1 - MARGIN)


def authorization(authentication: Mapping[str, str] | None, postman: HttpSender) -> Authorization | None:
    """The authorization of calls by the `authentication` of a registration (`credentials.read`); None without one."""
    match authentication:
        case None:
            return None
        case {"type": "bearer", "token": token}:
            return GivenHeader(f"Bearer {token}")
        case {"type": "basic", "username": username, "password": password}:
            return GivenHeader(f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}")
        case {"type": "apiKey", "header": name, "key": key}:
            return GivenHeader(key, name)
        case _:
            return FetchedToken(authentication, postman)


def _parse_token_response(body: bytes) -> tuple[str, float]:
    """The token in the answer of a token server (RFC 6749 §5.1), and its lifetime in seconds."""
    try:
        response: Any = orjson.loads(body)
        token, seconds = response["access_token"], float(response.get("expires_in") or USUAL_SECONDS)
    except (ValueError, TypeError, KeyError):
        raise NoToken(
            "no token from tokenUrl: its answer has no 'access_token', or its 'expires_in' is no number"
        ) from None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise NoToken("no token from tokenUrl: its 'access_token' is no bearer token (RFC 6750)")
    return token, seconds
