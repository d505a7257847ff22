# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signatures in compact form, which access tokens are (RFC 7515 §3.1).

An issuer's tokens differ in payload and signature, but hardly in their headers, each of which is read and checked once.
joserfc decides what is right.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, default_registry, extract_compact
from joserfc.util import urlsafe_b64decode
from orjson import JSONDecodeError, loads

from app.errors import InvalidCredentials

MOST_BYTES = 16_384
"""How long a token may be."""
MOST_HEADERS = 100
"""How many headers are remembered; made-up ones push the true ones out, which then are read again."""

_OWN_KEYS = ("jwk", "jku", "x5u", "x5c")
"""Headers by which a token would bring along the key to its own signature (RFC 8725 §3.10)."""


class CompactJws(NamedTuple):
    """A token's header and claims, neither of them verified, and what `Signatures` verifies them by."""

    header: Mapping[str, Any]
    claims: dict[str, Any]
    header_segment: bytes
    signing_input: bytes
    signature_segment: bytes

    @classmethod
    def read(cls, token: str) -> "CompactJws":
        """Raises `InvalidCredentials` for what is no JWT."""
        if len(token) > MOST_BYTES:
            raise InvalidCredentials(f"The token is longer than {MOST_BYTES} characters")
        try:
            signing_input, _, signature = token.encode("latin-1").rpartition(b".")
            header_segment, _, payload = signing_input.partition(b".")
            default_registry.validate_signature_size(signature)
            header, claims = _header(header_segment), loads(urlsafe_b64decode(payload))
        except (JoseError, JSONDecodeError, ValueError, TypeError):
            raise InvalidCredentials("The token is no JWT: three parts in base64url, joined with dots") from None
        if not isinstance(claims, dict) or not isinstance(header, dict):
            raise InvalidCredentials("The token's header and payload should be JSON objects")
        if "crit" in header or any(name in header for name in _OWN_KEYS):
            raise InvalidCredentials(f"The token's header may not have {', '.join(_OWN_KEYS)} or crit")
        return cls(header, claims, header_segment, signing_input, signature)


class Signatures:
    """Verifies signatures of one issuer, which are by one of these algorithms (RFC 7518 §3)."""

    def __init__(self, algorithms: Collection[str]) -> None:
        self._registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        self._algorithm = lru_cache(MOST_HEADERS)(self._checked_algorithm)

    def verify(self, signed: CompactJws, key: Key) -> bool:
        """Whether the signature was made with the private part of that key.

        Raises `JoseError`, `ValueError` or `TypeError` where it cannot be verified with it.
        """
        algorithm = self._algorithm(signed.header_segment)
        algorithm.check_key(key)
        try:
            signature = urlsafe_b64decode(signed.signature_segment)
        except (TypeError, ValueError):
            return False
        good: bool = algorithm.verify(signed.signing_input, signature, key)
        return good

    def _checked_algorithm(self, header_segment: bytes) -> Any:
        """The algorithm of a header, which is in order; it is one of the issuer's."""
        header = _header(header_segment)
        self._registry.check_header(header)
        return self._registry.get_alg(header["alg"])


@lru_cache(MOST_HEADERS)
def _header(segment: bytes) -> dict[str, Any]:
    """The header in a segment. Raises as `extract_compact` does."""
    return extract_compact(segment + b"..").headers()
