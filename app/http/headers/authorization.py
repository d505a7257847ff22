# SPDX-License-Identifier: Apache-2.0
"""The header `Authorization`: one access token, as RFC 6750 and RFC 9449 have it."""

from collections.abc import Collection, Iterable

from app.errors import InvalidCredentials, MissingCredentials

BEARER, WITH_PROOF = ("bearer",), ("bearer", "dpop")
"""The schemes of `Authorization`: those without, and those with proofs of possession (RFC 9449 §7.1)."""


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The access token of a request (RFC 6750 §2.1). Raises `MissingCredentials`, and `InvalidCredentials` for two."""
    return scheme_and_token(headers, BEARER)[1]


def scheme_and_token(headers: Iterable[tuple[bytes, bytes]], schemes: Collection[str]) -> tuple[str, str]:
    """The scheme, one of `schemes` in lower case, and the access token of a request. Raises as `bearer_token` does."""
    sent = [value for name, value in headers if name == b"authorization"]
    if not sent:
        raise MissingCredentials("Send an access token: 'Authorization: Bearer <token>'")
    scheme, _, token = sent[0].decode("latin-1").partition(" ")
    if len(sent) > 1 or scheme.lower() not in schemes or not token.strip():
        raise InvalidCredentials("Send one access token, as 'Authorization: Bearer <token>'")
    return scheme.lower(), token.strip()
