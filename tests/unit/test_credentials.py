# SPDX-License-Identifier: Apache-2.0
"""The secrets of a registration: what is taken, what is refused, and that no message repeats them."""

import base64
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidField, MissingField, NotSupported, TmfError
from app.events.hub.credentials import read, with_fingerprints
from app.storage.hubs.registrations import UNGUARDED
from app.storage.hubs.vault import Vault

GRANT = {
    "type": "clientCredentials",
    "tokenUrl": "https://login.example/token",
    "clientId": "id",
    "clientSecret": "hush hush",
}
CANARY = "Canary-4711"


def whsec(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_of_24_to_64_bytes_is_taken_as_it_is(key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    assert read({"secret": secret}).members == {"secret": secret}


@pytest.mark.parametrize(
    "authentication",
    [
        {"type": "bearer", "token": "a.b-c_d~e+f/g=="},
        {"type": "basic", "username": "crm ü", "password": "hush: hush"},
        {"type": "basic", "username": "crm", "password": ""},
        {"type": "apiKey", "header": "X-Api-Key", "key": "hush hush"},
        GRANT,
        GRANT | {"scope": "x y"},
    ],
)
def test_an_authentication_is_taken_as_it_is(authentication: dict[str, str]) -> None:
    assert read({"authentication": authentication}).members == {"authentication": authentication}


@pytest.mark.parametrize("body", [{}, {"secret": None, "authentication": None}])
def test_without_secrets_none_are_kept(body: dict[str, Any]) -> None:
    assert read(body).registration_members(None) == UNGUARDED


NO_AUTHENTICATIONS: list[Any] = [
    *(CANARY, [], {}, {"token": CANARY}),
    *({"type": CANARY}, {"type": ["bearer"]}, {"type": "Bearer"}),
]
WRONG: list[tuple[dict[str, Any], type[TmfError], str]] = [
    *(
        ({"secret": secret}, InvalidField, "/secret must be 'whsec_' and the base64 of 24 to 64 random bytes")
        for secret in (
            "",
            CANARY,
            f"whsec_{CANARY}",
            whsec(23),
            whsec(65),
            whsec(24) + "\n",
            whsec(24).removeprefix("whsec_"),
            7,
            [CANARY],
            {"whsec_": CANARY},
        )
    ),
    *(
        (
            {"authentication": value},
            InvalidField,
            "whose 'type' is one of 'bearer', 'basic'",
        )
        for value in NO_AUTHENTICATIONS
    ),
    ({"authentication": {"type": "bearer"}}, MissingField, "/authentication/token is missing"),
    ({"authentication": {"type": "bearer", "token": None}}, MissingField, "/authentication/token is missing"),
    ({"authentication": {"type": "bearer", "token": 7}}, InvalidField, "/authentication/token must be text"),
    ({"authentication": {"type": "bearer", "token": ""}}, InvalidField, "must have 1 to 2000 characters"),
    ({"authentication": {"type": "bearer", "token": "x" * 2001}}, InvalidField, "must have 1 to 2000 characters"),
    ({"authentication": {"type": "bearer", "token": f"{CANARY}\r\nX: y"}}, InvalidField, "must be a bearer token"),
    ({"authentication": {"type": "bearer", "token": f"{CANARY}\n"}}, InvalidField, "must be a bearer token"),
    ({"authentication": {"type": "bearer", "token": "x", CANARY: "y"}}, InvalidField, "takes 'type', 'token'"),
    ({"authentication": GRANT | {"tokenUrl": CANARY}}, InvalidField, "/authentication/tokenUrl must be an absolute"),
    ({"authentication": GRANT | {"clientSecret": CANARY + "ü"}}, InvalidField, "clientSecret must be printable ASCII"),
    (
        {"authentication": {name: GRANT[name] for name in GRANT if name != "clientId"}},
        MissingField,
        "/authentication/clientId is missing",
    ),
]


@pytest.mark.parametrize(("body", "error", "told"), WRONG)
def test_wrong_secrets_are_refused_without_being_repeated(
    body: dict[str, Any], error: type[TmfError], told: str
) -> None:
    with pytest.raises(error) as refused:
        read(body)
    assert told in refused.value.message
    assert CANARY not in refused.value.message
    assert refused.value.__cause__ is None


def test_secrets_do_not_show_in_what_is_printed_of_them() -> None:
    assert read({"secret": whsec(24), "authentication": GRANT}).__repr__() == "Credentials()"


def test_without_a_vault_nothing_secret_is_taken() -> None:
    with pytest.raises(NotSupported, match="/secret and /authentication cannot be kept: LIAISON_SECRETS_KEY"):
        read({"secret": whsec(24), "authentication": GRANT}).registration_members(None)


def test_a_concealed_body_tells_bodies_apart_but_only_with_the_key() -> None:
    vault, other = (Vault(Fernet.generate_key().decode()) for _ in range(2))
    body = {"callback": "https://a.example", "authentication": GRANT}
    known = with_fingerprints(body, vault)
    assert known["callback"] == "https://a.example"
    assert known == with_fingerprints(dict(reversed(body.items())), vault)
    assert known != with_fingerprints({**body, "authentication": GRANT | {"clientSecret": "other"}}, vault)
    assert known != with_fingerprints(body, other)
    assert "hush" not in repr(known)
