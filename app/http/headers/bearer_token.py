# SPDX-License-Identifier: Apache-2.0
"""The header `Authorization`: one access token, as RFC 6750 has it."""

from collections.abc import Iterable

from app.errors import InvalidCredentials, MissingCredentials


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The access token of a request (RFC 6750 §2.1). Raises `MissingCredentials`, and `InvalidCredentials` for two."""
    sent = [value for name, value in headers if name == b"authorization"]
    if not sent:
        raise MissingCredentials("Send an access token: 'Authorization: Bearer <token>'")
    scheme, _, token = sent[0].decode("latin-1").partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise InvalidCredentials("Send one access token, as 'Authorization: Bearer <token>'")
    return token.strip()
