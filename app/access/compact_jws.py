# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signatures in compact form, which access tokens are (RFC 7515 §3.1).

An issuer's tokens differ in payload and signature, but hardly in their headers, each of which is read and checked once.
joserfc decides what is right.
"""

from binascii import a2b_base64
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, extract_compact
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
            header, claims = _header(header_segment), loads(_decode(payload))
        except (JoseError, JSONDecodeError, ValueError, TypeError):
            raise InvalidCredentials("The token is no JWT: three parts in base64url, joined with dots") from None
        if type(claims) is not dict:
            raise InvalidCredentials("The token's payload should be a JSON object")
        return cls(header, claims, header_segment, signing_input, signature)


class Signatures:
    """Verifies signatures of one issuer, which are by one of these algorithms (RFC 7518 §3)."""

    def __init__(self, algorithms: Collection[str]) -> None:
        self._registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        self._checked: dict[tuple[bytes, int], tuple[Any, _CheckedKey]] = {}

    def verify(self, signed: CompactJws, key: Key) -> bool:
        """Whether the signature was made with the private part of that key.

        Raises `JoseError`, `ValueError` or `TypeError` where it cannot be verified with it.
        """
        algorithm, checked = self._checked.get((signed.header_segment, id(key))) or self._check(signed, key)
        try:
            signature = _decode(signed.signature_segment)
        except ValueError:
            return False
        good: bool = algorithm.verify(signed.signing_input, signature, checked)
        return good

    def _check(self, signed: CompactJws, key: Key) -> "tuple[Any, _CheckedKey]":
        """The algorithm of a header, which is in order and one of the issuer's, and a key that is for it."""
        self._registry.check_header(dict(signed.header))
        algorithm = self._registry.get_alg(signed.header["alg"])
        algorithm.check_key(key)
        if len(self._checked) >= MOST_HEADERS:
            self._checked.clear()
        checked = self._checked[signed.header_segment, id(key)] = algorithm, _CheckedKey(key)
        return checked


class _CheckedKey:
    """A key that may verify signatures, in the place of joserfc's, which finds out each time. It keeps that alive, so
    that no other one can have its identity."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._public = key.get_op_key("verify")

    def get_op_key(self, _operation: str) -> Any:
        """The key as `cryptography` has it."""
        return self._public

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)


_STANDARD = bytes.maketrans(b"-_+/=", b"+/\0\0\0")
"""From base64url to base64; what is no character of the former becomes none of the latter."""
_LAST = {1: frozenset(b"AEIMQUYcgkosw048"), 2: frozenset(b"AQgw"), 3: frozenset[int]()}
"""By the padding that is left out, the last characters that leave no bit over."""


def _decode(segment: bytes) -> bytes:
    """The octets of a segment in base64url (RFC 7515 §2). Raises `ValueError` where joserfc does, only sooner."""
    padding = -len(segment) % 4
    if padding and segment[-1] not in _LAST[padding]:
        raise ValueError("no base64url")
    return a2b_base64(segment.translate(_STANDARD) + b"=="[:padding], strict_mode=True)


@lru_cache(MOST_HEADERS)
def _header(segment: bytes) -> dict[str, Any]:
    """The header in a segment. Raises as `extract_compact` does; `InvalidCredentials` for what none may have."""
    header = extract_compact(segment + b"..").headers()
    if not isinstance(header, dict):
        raise InvalidCredentials("The token's header should be a JSON object")
    if "crit" in header or any(name in header for name in _OWN_KEYS):
        raise InvalidCredentials(f"The token's header may not have {', '.join(_OWN_KEYS)} or crit")
    return header
