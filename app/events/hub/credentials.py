# SPDX-License-Identifier: Apache-2.0
"""Credentials of a registration: the secret that signs its events, and the authentication of calls to it."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from marshmallow import RAISE, Schema, ValidationError
from marshmallow.fields import String
from marshmallow.validate import Length, Regexp

from app.errors import InvalidField, MissingField, NotSupported
from app.events.hub.callback_user import User
from app.storage.hubs.registrations import UNGUARDED
from app.storage.hubs.vault import SETTING, Unsealable, Vault

SECRET, AUTHENTICATION = MEMBERS = ("secret", "authentication")
"""The members of a registration that are secret."""

BEARER, CLIENT_CREDENTIALS, BASIC, API_KEY = "bearer", "clientCredentials", "basic", "apiKey"
PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
LONGEST = 2000
RIGHT_SECRET = f"must be '{PREFIX}' and the base64 of {FEWEST_BYTES} to {MOST_BYTES} random bytes (Standard Webhooks)"

_MISSING = "is missing"


def _text(right: str, pattern: str, *, required: bool = True) -> String:
    """A text field of the `pattern`, which messages describe by `right`. No message repeats the text."""
    told: dict[str, Any] = {"required": _MISSING, "null": _MISSING, "invalid": "must be text"}
    fewest = 0 if re.fullmatch(pattern, "") else 1
    length = Length(fewest, LONGEST, error=f"must have {fewest} to {LONGEST} characters")
    fits = [length, Regexp(rf"{pattern}\Z", error=right)]
    return String(required=required, validate=fits, error_messages=told)


def _shape(**members: String) -> Schema:
    return Schema.from_dict(dict(members))(unknown=RAISE)


_TOKEN = ("must be a bearer token (RFC 6750): letters, digits and -._~+/, then =", "[A-Za-z0-9._~+/-]+=*")
_URL = ("must be an absolute http or https URL", r"https?://[\x21-\x7e]+")
_PRINTABLE = ("must be printable ASCII (RFC 6749)", r"[\x20-\x7e]+")
_NAME = ("must be text without control characters and colons (RFC 7617)", r"[^:\x00-\x1f\x7f]+")
_PASSWORD = ("must be text without control characters (RFC 7617)", r"[^\x00-\x1f\x7f]*")
_HEADER = ("must be the name of a header of your own, such as X-Api-Key", "[Xx]-[A-Za-z0-9-]{1,62}")
_SHAPES: Mapping[str, Schema] = {
    BEARER: _shape(token=_text(*_TOKEN)),
    BASIC: _shape(username=_text(*_NAME), password=_text(*_PASSWORD)),
    API_KEY: _shape(header=_text(*_HEADER), key=_text(*_PRINTABLE)),
    CLIENT_CREDENTIALS: _shape(
        tokenUrl=_text(*_URL),
        clientId=_text(*_PRINTABLE),
        clientSecret=_text(*_PRINTABLE),
        scope=_text(*_PRINTABLE, required=False),
    ),
}


@dataclass(frozen=True)
class Credentials:
    """The secret of a registration and its authentication, as a client sent them; either may be missing."""

    secret: str | None = field(default=None, repr=False)
    authentication: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def members(self) -> dict[str, Any]:
        """The credentials that are not missing, by their names in a registration (`MEMBERS`)."""
        both = {SECRET: self.secret, AUTHENTICATION: self.authentication}
        return {name: value for name, value in both.items() if value is not None}

    def registration_members(self, vault: Vault | None) -> dict[str, Any]:
        """The members of a registration's row for these credentials, encrypted by `vault`; `UNGUARDED` without any.

        Raises `NotSupported` when there is no vault.
        """
        if not self.members:
            return dict(UNGUARDED)
        type = self.authentication["type"] if self.authentication else None
        return {"signed": self.secret is not None, "authentication": type, "secrets": self._seal(vault)}

    def _seal(self, vault: Vault | None) -> bytes:
        if vault is None:
            raise NotSupported(
                f"/{' and /'.join(self.members)} cannot be kept: {SETTING} is not set on this server; register without"
            )
        return vault.seal(orjson.dumps(self.members).decode())

    @classmethod
    def unseal(cls, sealed: bytes | None, vault: Vault | None) -> "Credentials":
        """Decrypt credentials that were `sealed` by `vault`. Raises `Unsealable`."""
        if sealed is None:
            return cls()
        if vault is None:
            raise Unsealable(f"{SETTING} is not set; set it as it was when the listener was registered")
        members = orjson.loads(vault.open(sealed))
        return cls(members.get(SECRET), members.get(AUTHENTICATION))

    @property
    def token_url(self) -> str | None:
        """The URL of the token server (client credentials); None for any other authentication."""
        return (self.authentication or {}).get("tokenUrl")


def read(body: Mapping[str, Any], user: User | None = None) -> Credentials:
    """The secrets in the `body` of a registration; null says that there is none.

    The `user` that the URL of its callback names is a `basic` authentication, where the body has no other. Raises
    `InvalidField` and `MissingField`. No message repeats anything that was sent.
    """
    secret, authentication = (body.get(name) for name in MEMBERS)
    return Credentials(
        None if secret is None else _secret(secret),
        _authentication_of(user) if authentication is None else _authentication(authentication),
    )


def _authentication_of(user: User | None) -> dict[str, str] | None:
    if user is None:
        return None
    if errors := _SHAPES[BASIC].validate(user._asdict()):
        name = next(iter(errors))
        raise InvalidField(f"/callback names a user whose {name} {errors[name][0]}")
    return {"type": BASIC, **user._asdict()}


def with_fingerprints(body: Mapping[str, Any], vault: Vault | None) -> dict[str, Any]:
    """`body` with fingerprints (keyed hashes) for its secrets, so that a digest of it does not let them be guessed."""

    def fingerprint(value: Any) -> str:
        return vault.fingerprint(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)) if vault else ""

    secret = {name for name in body if name in MEMBERS or (name == "callback" and _names_user(body[name]))}
    return {name: fingerprint(value) if name in secret else value for name, value in body.items()}


def _names_user(callback: Any) -> bool:
    """Whether a callback, not checked yet, may have a password in it."""
    return isinstance(callback, str) and "@" in callback


def _secret(value: Any) -> str:
    if not isinstance(value, str) or not is_signing_secret(value):
        raise InvalidField(f"/{SECRET} {RIGHT_SECRET}")
    return value


def is_signing_secret(text: str) -> bool:
    """Whether a text is a secret that Standard Webhooks signs with."""
    return text.startswith(PREFIX) and _is_long_enough(text.removeprefix(PREFIX))


def _is_long_enough(encoded: str) -> bool:
    try:
        return FEWEST_BYTES <= len(base64.b64decode(encoded, validate=True)) <= MOST_BYTES
    except (binascii.Error, ValueError):
        return False


def _authentication(value: Any) -> dict[str, str]:
    type = value.get("type") if isinstance(value, dict) else None
    shape = _SHAPES.get(type) if isinstance(type, str) else None
    if shape is None:
        types = ", ".join(map(repr, _SHAPES))
        raise InvalidField(f"/{AUTHENTICATION} must be an object whose 'type' is one of {types}")
    try:
        loaded: dict[str, str] = shape.load({name: text for name, text in value.items() if name != "type"})
    except ValidationError as error:
        raise _refusal(error, shape) from None
    return {"type": str(type), **loaded}


def _refusal(error: ValidationError, shape: Schema) -> InvalidField | MissingField:
    name, messages = next(iter(error.messages_dict.items()))
    if name not in shape.fields:
        return InvalidField(f"/{AUTHENTICATION} of this type takes 'type', {', '.join(map(repr, shape.fields))}")
    kind = MissingField if _MISSING in messages else InvalidField
    return kind(f"/{AUTHENTICATION}/{name} {messages[0]}")
