# SPDX-License-Identifier: Apache-2.0
"""Tokens of survey links: a survey's id and an expiry, authenticated and encrypted, so that a link tells nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from app.errors import NotFound, NotSupported
from app.storage.hubs.vault import SETTING, Unsealable

_CONTEXT = b"liaison survey link\n"
"""What is authenticated beside the content, so that nothing else that the key has sealed is a token."""

LONGEST = 1000
"""Characters of a token at most; an id that a client chose may be long."""

INVALID = "This is not a valid link to a survey"


class Keys(Protocol):
    """The interface of the vault: authenticated encryption with the first of its keys, decryption with any."""

    def wrap(self, key: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


class LinkedSurvey(NamedTuple):
    """What a token leads to, and until when."""

    id: str
    expires: datetime


class SurveyTokens:
    """Makes and reads tokens. None is kept anywhere: that a survey is answered once is its own state."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    def make(self, linked: LinkedSurvey) -> str:
        """A token, in the characters of base64url. Raises `NotSupported` on a server without `LIAISON_SECRETS_KEY`."""
        if self._keys is None:
            raise NotSupported(f"Links to surveys are sealed with {SETTING}, which this server does not have")
        content = f"{int(linked.expires.timestamp())} {linked.id}".encode()
        return urlsafe_b64encode(self._keys.wrap(content, _CONTEXT)).decode().rstrip("=")

    def read(self, token: str) -> LinkedSurvey:
        """What a token leads to, expired or not. Raises `NotFound` for what this server has not made."""
        if self._keys is None or len(token) > LONGEST or not token.isascii():
            raise NotFound(INVALID)
        try:
            sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            expires, _, id = self._keys.unwrap(sealed, _CONTEXT).decode().partition(" ")
        except (ValueError, Unsealable):
            raise NotFound(INVALID) from None
        return LinkedSurvey(id, datetime.fromtimestamp(int(expires), UTC))
