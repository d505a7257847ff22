# SPDX-License-Identifier: Apache-2.0
"""Confirmation (`cnf`, RFC 7800): the key of its client that a token is bound to."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from app.errors import InvalidCredentials

BY_KEY, BY_CERTIFICATE = "jkt", "x5t#S256"
"""The members of `cnf`: the thumbprint of a key (RFC 9449 §6), and that of a certificate (RFC 8705 §3.1)."""


class Confirmation(NamedTuple):
    """What a token is bound to: the kind of it, and its SHA-256 in base64url."""

    kind: str
    digest: str


def confirmation_of(claims: Mapping[str, Any], accepted: Collection[str]) -> Confirmation | None:
    """What a token is bound to; None for a plain bearer token.

    Raises `InvalidCredentials` for what cannot be proved here: `accepted` are the kinds that can.
    """
    if "cnf" not in claims:
        return None
    bound = claims["cnf"]
    for kind in accepted:
        if isinstance(bound, dict) and len(bound) == 1 and isinstance(bound.get(kind), str):
            return Confirmation(kind, bound[kind])
    raise InvalidCredentials("The token is bound to a key of its client (cnf), and is of no use as a bearer token")
