# SPDX-License-Identifier: Apache-2.0
"""Access tokens: JWTs that one of the issuers signed for this server (RFC 9068, RFC 8725), verified to a principal."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, TypeGuard

from joserfc.errors import JoseError
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from orjson import JSONDecodeError, loads

from app.access.issuers import Access, Issuer, metadata_urls
from app.access.jwks import Jwks
from app.access.principal import Principal
from app.errors import ExpiredCredentials, InvalidCredentials

MOST_BYTES = 16_384
"""How long a token may be."""
MOST_REMEMBERED = 10_000
"""How many verified tokens a process remembers; beyond them the one that came first goes."""

_TYPES = ("at+jwt", "jwt")
_OWN_KEYS = ("jwk", "jku", "x5u", "x5c")
"""Headers by which a token would bring along the key to its own signature (RFC 8725 §3.10)."""
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "s_hash")
_OF_ACCESS_TOKENS = ("scope", "scp", "client_id", "cid", "appid", "idtyp")


class VerifiedToken(NamedTuple):
    """A principal, and the generation of its issuer's keys by which its token was verified."""

    principal: Principal
    keys: Jwks
    generation: int


class Tokens:
    """Verifies access tokens. `keys` has the key set of each issuer, by its URL; `clock` tells seconds since 1970."""

    def __init__(self, access: Access, keys: Mapping[str, Jwks], clock: Callable[[], float] = time.time) -> None:
        self._issuers = {issuer.url: issuer for issuer in access.issuers}
        self._roles = access.roles
        self._keys = keys
        self._clock = clock
        self._registries = {
            url: JWSRegistry(algorithms=issuer.algorithms, strict_check_header=False)
            for url, issuer in self._issuers.items()
        }
        self._verified: OrderedDict[bytes, VerifiedToken] = OrderedDict()

    @property
    def metadata_url(self) -> str:
        """Where clients learn how to get a token: the metadata of the first issuer."""
        return metadata_urls(next(iter(self._issuers)))[0]

    def cached_principal(self, token: str) -> Principal | None:
        """The principal of a token that was verified before, if it still holds; None when `verify` has to tell."""
        verified = self._verified.get(digest := _digest(token))
        if verified is None:
            return None
        if verified.keys.generation == verified.generation and self._clock() < verified.principal.expires:
            return verified.principal
        del self._verified[digest]
        return None

    async def verify(self, token: str) -> Principal:
        """The principal of an access token.

        Raises `ExpiredCredentials`, `InvalidCredentials` saying what of it is not as it should be, and `Unavailable`
        while the keys of its issuer cannot be had.
        """
        signed, claims = _parts(token)
        issuer = self._issuers.get(str(claims.get("iss")))
        if issuer is None:
            raise InvalidCredentials("The token is of an issuer that is not accepted here")
        keys = self._keys[issuer.url]
        generation = keys.generation
        await self._require_signature(signed, issuer, keys)
        principal = self._principal(issuer, signed.headers(), claims)
        self._remember(token, VerifiedToken(principal, keys, generation))
        return principal

    async def _require_signature(self, signed: CompactSignature, issuer: Issuer, keys: Jwks) -> None:
        header = signed.headers()
        if header.get("alg") not in issuer.algorithms:
            raise InvalidCredentials(f"The token should be signed with one of {', '.join(issuer.algorithms)}")
        kid = header.get("kid")
        key = await keys.key(kid if kid is None else str(kid))
        if key is None:
            raise InvalidCredentials("The token is signed with a key that its issuer does not have")
        try:
            good = validate_compact(signed, key, registry=self._registries[issuer.url])
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidCredentials("The signature of the token cannot be verified with its issuer's key") from error
        if not good:
            raise InvalidCredentials("The signature of the token is wrong")

    def _principal(self, issuer: Issuer, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Principal:
        """Whom a token with a good signature speaks for. Raises for one that was issued for something else, or then."""
        _require_access_token(issuer, header, claims)
        _require_audience(issuer, claims)
        expires = _require_time(claims, self._clock(), issuer.skew_seconds)
        paths = issuer.claims
        roles, scopes = (_texts(_first(claims, each)) for each in (paths.roles, paths.scopes))
        granted = self._roles.grants_of(roles, scopes)
        client = _first(claims, paths.client)
        parties = _parties(claims, paths.party)
        if parties is None and (bound := sorted(self._roles.bound.intersection(roles))):
            raise InvalidCredentials(f"The token has the role {bound[0]}, and should name its party: {paths.party[0]}")
        return Principal(issuer.url, str(claims.get("sub") or ""), str(client or ""), granted, expires, parties)

    def _remember(self, token: str, verified: VerifiedToken) -> None:
        self._verified[_digest(token)] = verified
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)


def _digest(token: str) -> bytes:
    return sha256(token.encode("latin-1")).digest()


def _parts(token: str) -> tuple[CompactSignature, dict[str, Any]]:
    """The signed token and its claims, neither of them verified. Raises `InvalidCredentials` for what is no JWT."""
    if len(token) > MOST_BYTES:
        raise InvalidCredentials(f"The token is longer than {MOST_BYTES} characters")
    try:
        signed = extract_compact(token.encode("latin-1"))
        claims = loads(signed.payload)
    except (JoseError, JSONDecodeError, ValueError, TypeError):
        raise InvalidCredentials("The token is no JWT: three parts in base64url, joined with dots") from None
    header = signed.headers()
    if not isinstance(claims, dict) or not isinstance(header, dict):
        raise InvalidCredentials("The token's header and payload should be JSON objects")
    if any(name in header for name in (*_OWN_KEYS, "crit")):
        raise InvalidCredentials(f"The token's header may not have {', '.join(_OWN_KEYS)} or crit")
    return signed, claims


def _require_access_token(issuer: Issuer, header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Raise for an ID token, or another that is no access token (RFC 9068 §2.1, OpenID Connect Core §2).

    An issuer that sets `typ` tells them apart by it. Of others, an access token has what an ID token has not.
    """
    type = str(header.get("typ", "")).lower().removeprefix("application/")
    if type != (issuer.typ.lower() or type) or (type and type not in _TYPES):
        raise InvalidCredentials(f"The token's typ should be {issuer.typ or 'at+jwt or JWT'}")
    if type == "at+jwt":
        return
    kind = claims.get("typ")
    is_id_token = kind != "Bearer" and any(name in claims for name in _OF_ID_TOKENS)
    is_access_token = kind == "Bearer" or any(name in claims for name in _OF_ACCESS_TOKENS)
    if kind not in (None, "Bearer") or is_id_token or not is_access_token:
        raise InvalidCredentials("The token is an ID token, or no access token; send the access token")


def _require_audience(issuer: Issuer, claims: Mapping[str, Any]) -> None:
    if issuer.audiences.isdisjoint(_list(claims.get("aud"))):
        raise InvalidCredentials("The token is for another audience; its aud does not name this server")
    if "cnf" in claims:
        raise InvalidCredentials("The token is bound to a key of its client (cnf), and is of no use as a bearer token")


def _require_time(claims: Mapping[str, Any], now: float, skew: int) -> float:
    """When the token expires, the clocks' difference included. Raises when it did, or is not valid yet (RFC 7519)."""
    expires, begins, issued = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if not _is_time(expires):
        raise InvalidCredentials("The token should say by exp when it expires")
    for name, start in (("nbf", begins), ("iat", issued)):
        if start is not None and (not _is_time(start) or start > now + skew):
            raise InvalidCredentials(f"The token holds not yet: its {name} lies ahead")
    if expires + skew <= now:
        raise ExpiredCredentials("The token has expired; fetch a new one")
    return float(expires + skew)


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _first(claims: Mapping[str, Any], paths: Sequence[str]) -> Any:
    """The value of the first claim that is there; a dot leads into an object, unless a claim is called so."""
    for path in paths:
        value: Any = claims
        for name in [path] if path in claims else path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def _parties(claims: Mapping[str, Any], paths: Sequence[str]) -> frozenset[str] | None:
    """The ids of the parties that a token is bound to; None where it has no such claim, and none for an odd one."""
    value = _first(claims, paths)
    return None if value is None else frozenset(each for each in _list(value) if isinstance(each, str) and each)


def _texts(value: Any) -> list[str]:
    """A claim that is a list of texts, or one text with blanks between them, as `scope` is (RFC 8693 §4.2)."""
    if isinstance(value, str):
        return value.split()
    return [each for each in _list(value) if isinstance(each, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
