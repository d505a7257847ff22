# SPDX-License-Identifier: Apache-2.0
"""Access tokens are read and verified as joserfc alone does it, though their headers are read and checked once."""

import string
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact, serialize_compact, validate_compact
from orjson import dumps

from app.access.compact_jws import CompactJws, Signatures
from app.errors import InvalidCredentials

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}
TOKENS = {name: serialize_compact({"alg": name}, b'{"sub":"alice"}', key, [name]) for name, key in KEYS.items()}
SIGNATURES = Signatures(ALGORITHMS)
"""One for all examples: what it remembers of one token must not let another one in."""


def ours(token: str, key: Key) -> bool:
    try:
        return SIGNATURES.verify(CompactJws.read(token), key)
    except (InvalidCredentials, JoseError, ValueError, TypeError):
        return False


def theirs(token: str, key: Key) -> bool:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return validate_compact(extract_compact(token.encode("latin-1")), key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False


@given(
    token=st.sampled_from([*TOKENS.values()]),
    place=st.integers(0, 1000),
    length=st.integers(0, 3),
    text=st.text(string.ascii_letters + string.digits + "-_.=+ ", max_size=3),
    key=st.sampled_from([*KEYS.values()]),
)
@example(TOKENS["RS256"], 0, 0, "", KEYS["RS256"])
@example(TOKENS["ES256"], 0, 0, "", KEYS["ES256"])
@example(TOKENS["PS256"], 0, 0, "", KEYS["PS256"])
@example(TOKENS["Ed25519"], 0, 0, "", KEYS["Ed25519"])
@example(TOKENS["RS256"], 0, 0, "", KEYS["ES256"])
@example(TOKENS["RS256"], 0, 0, "", KEYS["PS256"])
def test_a_changed_token_is_good_where_joserfc_says_so(
    token: str, place: int, length: int, text: str, key: Key
) -> None:
    place %= len(token)
    changed = token[:place] + text + token[place + length :]
    assert ours(changed, key) is theirs(changed, key)
    assert ours(token, key) is theirs(token, key)


def test_a_header_that_is_known_goes_with_no_key_that_is_for_something_else() -> None:
    key = KEYS["RS256"]
    signed = CompactJws.read(TOKENS["RS256"])
    assert SIGNATURES.verify(signed, key)
    for said in ({"use": "enc"}, {"alg": "PS256"}, {"key_ops": ["encrypt"]}):
        other = RSAKey.import_key({**key.as_dict(private=False), **said})
        with pytest.raises(JoseError):
            SIGNATURES.verify(signed, other)


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
def test_a_token_never_brings_its_key_along(name: str) -> None:
    header = {"alg": "RS256", name: {"crit": ["b64"], "x5c": ["MA=="]}.get(name, "https://id.example.com")}
    token = ".".join((urlsafe_b64encode(dumps(header)).rstrip(b"=").decode(), *TOKENS["RS256"].split(".")[1:]))
    for _ in range(2):
        with pytest.raises(InvalidCredentials, match="may not have"):
            CompactJws.read(token)
