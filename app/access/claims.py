# SPDX-License-Identifier: Apache-2.0
"""The claims of a token whose signature is good: what they must be like, and how they are read (RFC 7519, RFC 9068)."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.access.issuers import Issuer
from app.errors import ExpiredCredentials, InvalidCredentials

_TYPES = ("at+jwt", "jwt")
_NUMBERS = (int, float)
"""The types of numbers in JSON; booleans are of none of them."""
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "s_hash")
_OF_ACCESS_TOKENS = ("scope", "scp", "client_id", "cid", "appid", "idtyp")


def require_access_token(issuer: Issuer, header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Raise for an ID token, or another that is no access token (RFC 9068 §2.1, OpenID Connect Core §2).

    An issuer that sets `typ` tells them apart by it. Of others, an access token has what an ID token has not.
    """
    type = str(header.get("typ", "")).lower().removeprefix("application/")
    if (issuer.typ and type != issuer.typ.lower()) or (type and type not in _TYPES):
        raise InvalidCredentials(f"The token's typ should be {issuer.typ or 'at+jwt or JWT'}")
    if type == "at+jwt":
        return
    kind = claims.get("typ")
    is_id_token = kind != "Bearer" and any(name in claims for name in _OF_ID_TOKENS)
    is_access_token = kind == "Bearer" or any(name in claims for name in _OF_ACCESS_TOKENS)
    if kind not in (None, "Bearer") or is_id_token or not is_access_token:
        raise InvalidCredentials("The token is an ID token, or no access token; send the access token")


def require_audience(issuer: Issuer, claims: Mapping[str, Any]) -> None:
    audience = claims.get("aud")
    named = [audience] if type(audience) is str else [each for each in _list(audience) if type(each) is str]
    if issuer.audiences.isdisjoint(named):
        raise InvalidCredentials("The token is for another audience; its aud does not name this server")


def require_time(claims: Mapping[str, Any], now: float, skew: int) -> float:
    """When the token expires, the clocks' difference included. Raises when it did, or is not valid yet (RFC 7519)."""
    expires: Any = claims.get("exp")
    if type(expires) not in _NUMBERS:
        raise InvalidCredentials("The token should say by exp when it expires")
    for name in ("nbf", "iat"):
        if (start := claims.get(name)) is not None and (type(start) not in _NUMBERS or start > now + skew):
            raise InvalidCredentials(f"The token holds not yet: its {name} lies ahead")
    if expires + skew <= now:
        raise ExpiredCredentials("The token has expired; fetch a new one")
    return float(expires + skew)


def time_of(claims: Mapping[str, Any], name: str) -> float | None:
    """The instant of a claim, in seconds since 1970; None where there is none."""
    value: Any = claims.get(name)
    return float(value) if type(value) in _NUMBERS else None


def first(claims: Mapping[str, Any], paths: Sequence[str]) -> Any:
    """The value of the first claim that is there; a dot leads into an object, unless a claim is called so."""
    for path in paths:
        value = claims.get(path)
        if value is None and "." in path and path not in claims:
            value = _within(claims, path)
        if value is not None:
            return value
    return None


def _within(claims: Mapping[str, Any], path: str) -> Any:
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parties_of(claims: Mapping[str, Any], paths: Sequence[str]) -> frozenset[str] | None:
    """The ids of the parties that a token is bound to; None where it has no such claim, and none for an odd one."""
    value = first(claims, paths)
    return None if value is None else frozenset(each for each in _list(value) if isinstance(each, str) and each)


def texts(value: Any) -> list[str]:
    """A claim that is a list of texts, or one text with blanks between them, as `scope` is (RFC 8693 §4.2)."""
    if type(value) is str:
        return value.split()
    return [each for each in value if type(each) is str] if type(value) is list else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
