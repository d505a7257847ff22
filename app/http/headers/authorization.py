# SPDX-License-Identifier: Apache-2.0
"""The header `Authorization`: one access token, as RFC 6750 and RFC 9449 have it."""

from collections.abc import Collection, Iterable
from functools import lru_cache

from app.errors import InvalidCredentials, MissingCredentials

BEARER, WITH_PROOF = ("bearer",), ("bearer", "dpop")
"""The schemes of `Authorization`: those without, and those with proofs of possession (RFC 9449 §7.1)."""


MOST_KEPT = 1000
"""Values of the header whose parts are remembered; the parts of others are found anew."""
LONGEST_KEPT = 4096
"""Bytes of such a value at most."""


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The access token of a request (RFC 6750 §2.1). Raises `MissingCredentials`, and `InvalidCredentials` for two."""
    return scheme_and_token(headers, BEARER)[1]


def scheme_and_token(headers: Iterable[tuple[bytes, bytes]], schemes: Collection[str]) -> tuple[str, str]:
    """The scheme, one of `schemes` in lower case, and the access token of a request. Raises as `bearer_token` does."""
    sent = [value for name, value in headers if name == b"authorization"]
    if not sent:
        raise MissingCredentials("Send an access token: 'Authorization: Bearer <token>'")
    found = _kept_parts(sent[0]) if len(sent[0]) <= LONGEST_KEPT else _parts(sent[0])
    if len(sent) > 1 or found[0] not in schemes or not found[1]:
        raise InvalidCredentials("Send one access token, as 'Authorization: Bearer <token>'")
    return found


def _parts(value: bytes) -> tuple[str, str]:
    """Scheme and token in a value of the header, either of which may be empty."""
    scheme, _, token = value.decode("latin-1").partition(" ")
    return scheme.lower(), token.strip()


_kept_parts = lru_cache(MOST_KEPT)(_parts)
"""A token that comes again is the same object, whose hash is known: looking it up takes no time."""
