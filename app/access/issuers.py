# SPDX-License-Identifier: Apache-2.0
"""The issuers whose access tokens are accepted, and the access file that says more of them than two settings can."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from app.access.confirmation import BY_CERTIFICATE, BY_KEY
from app.access.roles import DEFAULT_ROLES, Roles, read_roles
from app.domain.restriction import RELATED, RoleCredentials
from app.errors import StartError
from app.spec.access_declarations import CredentialsShape

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""The signatures that an issuer may be allowed (RFC 7518 §3.1, RFC 8037): with a key pair, never with a secret."""

USUAL_ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SKEW_SECONDS = 30
_AS_THEY_ARE = ("relations", "credentials", "dpop", "certificate_header")
"""The parts of the access file that need no more than their shape."""


@dataclass(frozen=True)
class ClaimPaths:
    """Where claims stand that no standard places alike; a dot leads into an object, the first that is there counts."""

    scopes: tuple[str, ...] = ("scope", "scp")
    roles: tuple[str, ...] = ("roles", "realm_access.roles")
    client: tuple[str, ...] = ("client_id", "azp", "cid", "appid")
    party: tuple[str, ...] = ("party_id",)


@dataclass(frozen=True)
class Issuer:
    """An authorization server: its exact `iss`, and what its tokens must be like.

    A token needs one of the `audiences` and a signature by one of the `algorithms`. Keys come from `jwks`, else from
    where the metadata of the issuer say (RFC 8414, OpenID Connect Discovery). `typ` is demanded where the issuer sets
    it (RFC 9068 §2.1). Clocks may differ by `skew_seconds`.
    """

    url: str
    audiences: frozenset[str]
    algorithms: tuple[str, ...] = USUAL_ALGORITHMS
    jwks: str = ""
    typ: str = ""
    skew_seconds: int = SKEW_SECONDS
    claims: ClaimPaths = ClaimPaths()


@dataclass(frozen=True)
class Access:
    """What a deployment decides: whose tokens it accepts and what roles may do. Without issuers anybody may do all.

    `relations` say what a party may do to a resource (by name) in which role it has there, `credentials` what taking
    part in a role needs, both in place of what its document says. With `dpop`, tokens may be bound to keys; with a
    `certificate_header`, to certificates that a trusted proxy names there.
    """

    issuers: tuple[Issuer, ...] = ()
    roles: Roles = DEFAULT_ROLES
    relations: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, RoleCredentials]] = field(default_factory=dict)
    dpop: bool = False
    certificate_header: str = ""

    @property
    def accepted_proofs(self) -> tuple[str, ...]:
        """The kinds of confirmation that can be proved."""
        return (*([BY_KEY] if self.dpop else ()), *([BY_CERTIFICATE] if self.certificate_header else ()))


def read_access(issuers: str, audience: str, file: str) -> Access:
    """What the settings `LIAISON_ISSUERS`, `LIAISON_AUDIENCE` (both lists by commas) and `LIAISON_ACCESS` say together.

    Raises `StartError` that names the setting or the place in the file, and what would be right.
    """
    listed, audiences = _list(issuers), frozenset(_list(audience))
    if listed and not audiences:
        raise StartError("LIAISON_ISSUERS needs LIAISON_AUDIENCE: the `aud` by which issuers mean this server")
    content = _content(file) if file else {}
    ours = [Issuer(_require_trusted(url, "LIAISON_ISSUERS"), audiences) for url in listed]
    told = [_issuer(url, said or {}, f"{file}: issuers.{url}") for url, said in content.get("issuers", {}).items()]
    if twice := {each.url for each in ours} & {each.url for each in told}:
        raise StartError(f"LIAISON_ISSUERS and {file} both name {', '.join(sorted(twice))}; one of them is enough")
    rest = {name: content[name] for name in _AS_THEY_ARE if name in content}
    return Access((*ours, *told), _roles(content, file), **rest)


def _roles(content: Mapping[str, Any], file: str) -> Roles:
    if "roles" in content:
        return read_roles(content["roles"], content.get("bound", ()), file)
    if "bound" in content:
        raise StartError(f"{file}: bound: should stand beside roles, which it names some of")
    return DEFAULT_ROLES


class _ClaimsSchema(Schema):
    scopes = fields.String()
    roles = fields.String()
    client = fields.String()
    party = fields.String()


def _refuse_user(url: str) -> None:
    if urlsplit(url).username is not None:
        raise ValidationError("Should name no user and no password: its URL is told in log lines.")


class _IssuerSchema(Schema):
    audience = fields.List(fields.String(validate=validate.Length(1)), required=True, validate=validate.Length(1))
    algorithms = fields.List(fields.String(validate=validate.OneOf(ALGORITHMS)), validate=validate.Length(1))
    jwks = fields.Url(schemes={"http", "https"}, require_tld=False, validate=_refuse_user)
    typ = fields.String()
    skew_seconds = fields.Integer(validate=validate.Range(0, 300))
    claims = fields.Nested(_ClaimsSchema)


class _FileSchema(Schema):
    issuers = fields.Dict(keys=fields.String(), values=fields.Dict(allow_none=True))
    roles = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    bound = fields.List(fields.String())
    relations = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.List(fields.String(validate=validate.OneOf(RELATED)))),
    )
    credentials = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Nested(CredentialsShape))
    )
    dpop = fields.Boolean()
    certificate_header = fields.String(
        validate=validate.Regexp(r"[A-Za-z0-9-]{1,64}\Z", error="Not a name of a header.")
    )


def _content(file: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(file).read_text())
    except OSError as error:
        raise StartError(f"LIAISON_ACCESS={file}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StartError(f"LIAISON_ACCESS={file}: is no YAML: {error}") from None
    return _load(_FileSchema(), content if content is not None else {}, file)


def _issuer(url: str, said: Mapping[str, Any], place: str) -> Issuer:
    loaded = _load(_IssuerSchema(), said, place)
    claims = ClaimPaths(**{name: (path,) for name, path in loaded.pop("claims", {}).items()})
    algorithms = tuple(loaded.pop("algorithms", USUAL_ALGORITHMS))
    return Issuer(_require_trusted(url, place), frozenset(loaded.pop("audience")), algorithms, claims=claims, **loaded)


def _load(schema: Schema, content: Any, place: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(content)
    except ValidationError as error:
        raise StartError(f"{place}: {_wrong(error.messages)}") from None
    return loaded


def _wrong(messages: Any, at: str = "") -> str:
    """Each message of marshmallow behind the place it is about."""
    if isinstance(messages, Mapping):
        return "; ".join(_wrong(inner, f"{at}.{name}" if at else str(name)) for name, inner in messages.items())
    return f"{at}: {' '.join(map(str, messages))}"


def _require_trusted(url: str, place: str) -> str:
    """The issuer's URL. What is fetched from elsewhere than this machine without TLS could be anybody's."""
    parts = urlsplit(url)
    if not is_trusted(url) or parts.query or parts.fragment:
        right = "should be the https URL of an issuer, as in the `iss` of its tokens, without a user"
        raise StartError(f"{place.replace(url, _without_user(url))}: '{_without_user(url)}' {right}")
    return url


def is_trusted(url: str) -> bool:
    """Whether what is fetched from a URL is from whom it names: by TLS, or on this machine; and it names no user.

    URLs are told in documents and log lines, in which no password has a place.
    """
    parts = urlsplit(url)
    is_named = bool(parts.hostname) and parts.username is None
    return is_named and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _without_user(url: str) -> str:
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def metadata_urls(issuer: str) -> tuple[str, str]:
    """Where the metadata of an issuer may be: as OpenID Connect Discovery §4 says, and as RFC 8414 §3 does."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    return f"{root}{path}/.well-known/openid-configuration", f"{root}/.well-known/oauth-authorization-server{path}"


def _list(text: str) -> Sequence[str]:
    return [each for each in map(str.strip, text.split(",")) if each]
