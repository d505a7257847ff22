# SPDX-License-Identifier: Apache-2.0
"""Proof of possession: a token that is bound to a key of its client counts only for whoever has that key.

By DPoP (RFC 9449) the client signs each request; by mutual TLS (RFC 8705) a trusted proxy names its certificate.
"""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from orjson import JSONDecodeError, loads

from app.access.confirmation import BY_CERTIFICATE, BY_KEY, Confirmation
from app.errors import InvalidCredentials, InvalidProof

ALGORITHMS = ("ES256", "ES384", "RS256", "PS256", "Ed25519", "EdDSA")
LIFE_SECONDS = 60
"""How far the `iat` of a proof may be from now; for so long a proof is remembered that was used."""
MOST_BYTES = 8192
"""How much of a proof is read."""
LONGEST_ID = 256

Uses = Callable[[str, float], Awaitable[bool]]
"""Notes that a proof with this digest is used, until an instant; false if it was used before, by any process."""

_NO_PROOF = "The proof should be a JWT of the typ dpop+jwt"
_NO_KEY = "The proof should have its public key, and no private one, in the header jwk"
_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


class ProvingRequest(NamedTuple):
    """What of a request proves that its client has the key: the `scheme` of `Authorization` in lower case, method and
    URL without query, the values of the `DPoP` headers, and the certificate that a trusted proxy names."""

    scheme: str
    method: str
    url: str
    proofs: Sequence[str]
    certificate: str = ""


class Proofs:
    """Checks proofs. `use` notes that one is used; `clock` tells seconds since 1970."""

    def __init__(self, use: Uses, clock: Callable[[], float] = time.time) -> None:
        self._use = use
        self._clock = clock

    async def require(self, token: str, confirmation: Confirmation | None, request: ProvingRequest) -> None:
        """Raise `InvalidProof` or `InvalidCredentials` unless the request comes from whom the token is bound to."""
        if confirmation is not None and confirmation.kind == BY_KEY:
            await self._require_signature(token, confirmation.digest, request)
            return
        if request.scheme != "bearer":
            raise InvalidCredentials("The token is bound to no key; send it as 'Authorization: Bearer <token>'")
        if confirmation is not None and confirmation.kind == BY_CERTIFICATE:
            _require_certificate(confirmation.digest, request.certificate)

    async def _require_signature(self, token: str, thumbprint: str, request: ProvingRequest) -> None:
        """The checks of RFC 9449 §4.3."""
        if request.scheme != "dpop":
            raise _invalid("The token is bound to a key; send it as 'Authorization: DPoP <token>', with a proof")
        if len(request.proofs) != 1:
            raise _invalid("Send one proof, in the header DPoP")
        signed, claims = _parts(request.proofs[0])
        _require_key(signed, thumbprint)
        _require_request(claims, token, request)
        issued, id = claims.get("iat"), claims.get("jti")
        if not isinstance(issued, int | float) or abs(self._clock() - issued) > LIFE_SECONDS:
            raise _invalid(f"The iat of the proof should be now; it is more than {LIFE_SECONDS} seconds off")
        if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
            raise _invalid(f"The proof should have a jti of its own, of up to {LONGEST_ID} characters")
        if not await self._use(_digest(f"{thumbprint} {id}".encode()), issued + 2 * LIFE_SECONDS):
            raise _invalid("The proof was used before; make one for each request")


def _require_key(signed: CompactSignature, thumbprint: str) -> None:
    """Raise unless a proof is signed with the key of this thumbprint (RFC 7638)."""
    key = _key(signed.headers())
    if not _is_signed(signed, key):
        raise _invalid("The signature of the proof is wrong")
    if key.thumbprint() != thumbprint:
        raise _invalid("The proof is signed with another key than the one that the token is bound to")


def _require_request(claims: Mapping[str, Any], token: str, request: ProvingRequest) -> None:
    """Raise unless a proof is for this request and this token."""
    if claims.get("htm") != request.method or not _is_same_url(claims.get("htu"), request.url):
        raise _invalid("The proof is for another request; its htm and htu should be method and URL of this one")
    if claims.get("ath") != _digest(token.encode("latin-1")):
        raise _invalid("The proof is for another token; its ath should be the SHA-256 of this one")


def _require_certificate(thumbprint: str, named: str) -> None:
    """Raise unless the certificate, in base64 between colons (RFC 9440 §2.1), is the one that the token is bound to."""
    try:
        octets = base64.b64decode(named.strip().strip(":"), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if not octets or _digest(octets) != thumbprint:
        raise InvalidCredentials("The token is bound to a certificate that the client did not show")


def _parts(proof: str) -> tuple[CompactSignature, Mapping[str, Any]]:
    """A proof and its claims, neither of them verified."""
    try:
        signed = extract_compact(proof[:MOST_BYTES].encode("latin-1"))
        claims = loads(signed.payload)
    except (JoseError, JSONDecodeError, ValueError, TypeError):
        raise _invalid(_NO_PROOF) from None
    if not isinstance(claims, dict) or signed.headers().get("typ") != "dpop+jwt":
        raise _invalid(_NO_PROOF)
    return signed, claims


def _key(header: Mapping[str, Any]) -> Key:
    """The public key that a proof brings along."""
    jwk = header.get("jwk")
    if not isinstance(jwk, dict) or jwk.get("kty") not in ("EC", "RSA", "OKP") or "d" in jwk:
        raise _invalid(_NO_KEY)
    try:
        return import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        raise _invalid(_NO_KEY) from None


def _is_signed(signed: CompactSignature, key: Key) -> bool:
    if signed.headers().get("alg") not in ALGORITHMS:
        return False
    try:
        return validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False


def _is_same_url(named: Any, url: str) -> bool:
    """Whether two URLs are the same but for query, fragment, and the letter case of scheme and host."""
    if not isinstance(named, str):
        return False
    try:
        one, other = urlsplit(named), urlsplit(url)
    except ValueError:
        return False
    return (one.scheme.lower(), one.netloc.lower(), one.path) == (other.scheme, other.netloc.lower(), other.path)


def _invalid(message: str) -> InvalidProof:
    return InvalidProof(message, ALGORITHMS)


def _digest(octets: bytes) -> str:
    """The SHA-256 in base64url without padding, as all these standards have it."""
    return base64.urlsafe_b64encode(sha256(octets).digest()).rstrip(b"=").decode()
