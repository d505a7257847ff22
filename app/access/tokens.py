# SPDX-License-Identifier: Apache-2.0
"""Access tokens: JWTs that one of the issuers signed for this server (RFC 9068, RFC 8725), verified to a principal."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from joserfc.errors import JoseError

from app.access.claims import first, parties_of, require_access_token, require_audience, require_time, texts, time_of
from app.access.compact_jws import CompactJws, Signatures
from app.access.confirmation import confirmation_of
from app.access.issuers import Access, Issuer, metadata_urls
from app.access.jwks import Jwks
from app.access.live_roles import LiveRoles
from app.access.principal import Principal
from app.access.roles import Roles
from app.errors import InvalidCredentials

MOST_REMEMBERED = 10_000
"""How many verified tokens a process remembers; beyond them the one that came first goes."""
MOST_DIGESTS = 1000
"""Tokens whose digests are remembered beside them; those of others are computed anew."""


class VerifiedToken(NamedTuple):
    """A principal, and the generation of its issuer's keys and the roles by which its token was verified."""

    principal: Principal
    keys: Jwks
    generation: int
    roles: Roles


class Tokens:
    """Verifies access tokens. `keys` has the key set of each issuer, by its URL; `clock` tells seconds since 1970."""

    def __init__(
        self,
        access: Access,
        keys: Mapping[str, Jwks],
        roles: LiveRoles | None = None,
        clock: Callable[[], float] = time.time,
        follow: Callable[[Principal], Principal] = lambda principal: principal,
    ) -> None:
        """`roles` are those of `access`, if not given; `follow` gives the principal that is bound to survivors, too."""
        self._follow = follow
        self._issuers = {issuer.url: issuer for issuer in access.issuers}
        self._roles = roles or LiveRoles(access)
        self._accepted_proofs = access.accepted_proofs
        self._keys = keys
        self._clock = clock
        self._signatures = {url: Signatures(issuer.algorithms) for url, issuer in self._issuers.items()}
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
        if (
            verified.keys.generation == verified.generation
            and verified.roles is self._roles.current()
            and self._clock() < verified.principal.expires
        ):
            return self._follow(verified.principal)
        del self._verified[digest]
        return None

    async def verify(self, token: str) -> Principal:
        """The principal of an access token.

        Raises `ExpiredCredentials`, `InvalidCredentials` saying what of it is not as it should be, and `Unavailable`
        while the keys of its issuer cannot be had.

        Tokens of requests that came together are verified one after the other: what a signature needs is in the
        processor's cache then, and the requests before and behind do not take turns with it there (ADR 0042).
        """
        await asyncio.sleep(0)  # The others are read meanwhile;
        principal = self._follow(await self._verify(token))
        await asyncio.sleep(0)  # and verified.
        return principal

    async def _verify(self, token: str) -> Principal:
        signed = CompactJws.read(token)
        issuer = self._issuers.get(str(signed.claims.get("iss")))
        if issuer is None:
            raise InvalidCredentials("The token is of an issuer that is not accepted here")
        keys = self._keys[issuer.url]
        generation = keys.generation
        await self._require_signature(signed, issuer, keys)
        known_roles = self._roles.current()
        principal = self._principal(issuer, signed.header, signed.claims, known_roles)
        self._verified[_digest(token)] = VerifiedToken(principal, keys, generation, known_roles)
        if len(self._verified) > MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return principal

    async def _require_signature(self, signed: CompactJws, issuer: Issuer, keys: Jwks) -> None:
        header = signed.header
        if header.get("alg") not in issuer.algorithms:
            raise InvalidCredentials(f"The token should be signed with one of {', '.join(issuer.algorithms)}")
        kid = header.get("kid")
        kid = kid if kid is None else str(kid)
        key = keys.find(kid) or await keys.find_anew(kid)
        if key is None:
            raise InvalidCredentials("The token is signed with a key that its issuer does not have")
        try:
            good = self._signatures[issuer.url].verify(signed, key)
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidCredentials("The signature of the token cannot be verified with its issuer's key") from error
        if not good:
            raise InvalidCredentials("The signature of the token is wrong")

    def _principal(
        self, issuer: Issuer, header: Mapping[str, Any], claims: Mapping[str, Any], known_roles: Roles
    ) -> Principal:
        """Whom a token with a good signature speaks for. Raises for one that was issued for something else, or then."""
        require_access_token(issuer, header, claims)
        require_audience(issuer, claims)
        expires = require_time(claims, self._clock(), issuer.skew_seconds)
        paths = issuer.claims
        roles, scopes = texts(first(claims, paths.roles)), texts(first(claims, paths.scopes))
        parties = parties_of(claims, paths.party)
        if parties is None and not known_roles.bound.isdisjoint(roles):
            bound = sorted(known_roles.bound.intersection(roles))
            raise InvalidCredentials(f"The token has the role {bound[0]}, and should name its party: {paths.party[0]}")
        return Principal(
            issuer=issuer.url,
            subject=str(claims.get("sub") or ""),
            client=str(first(claims, paths.client) or ""),
            scopes=known_roles.grants_of(roles, scopes),
            expires=expires,
            parties=parties,
            roles=frozenset(roles),
            own_scopes=frozenset(scopes),
            acr=str(claims.get("acr") or ""),
            authenticated=time_of(claims, "auth_time"),
            confirmation=confirmation_of(claims, self._accepted_proofs) if "cnf" in claims else None,
        )


@lru_cache(MOST_DIGESTS)
def _digest(token: str) -> bytes:
    return sha256(token.encode("latin-1")).digest()
