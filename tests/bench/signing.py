# SPDX-License-Identifier: Apache-2.0
"""Signs many access tokens with the key of an issuer, on all cores, as one signature takes most of a millisecond."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey
from orjson import dumps

from tests.identity_provider import IdentityProvider

ONE_BY_ONE = 100
"""Tokens up to which other processes are not worth their start."""


def signed(provider: IdentityProvider, number: int, life_seconds: int, **claims: Any) -> list[str]:
    """So many tokens with these claims, each with an id of its own (`jti`), signed with RS256."""
    kid, key = next(iter(provider.keys.items()))
    assert isinstance(key, RSAKey), "RS256 takes an RSA key"
    payload = provider.payload(scope=None, **claims)
    payload["exp"] += life_seconds
    sign = partial(_signed, key.as_pem(private=True), {"alg": "RS256", "kid": kid, "typ": "at+jwt"}, payload)
    if number <= ONE_BY_ONE:
        return sign(range(number))
    cores = os.cpu_count() or 1
    # Forks of a process with threads may wait for a lock that nobody holds.
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        return [
            token for some in pool.map(sign, (range(core, number, cores) for core in range(cores))) for token in some
        ]


def _signed(pem: bytes, header: Mapping[str, Any], payload: Mapping[str, Any], numbers: Iterable[int]) -> list[str]:
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey), "RS256 takes an RSA key"
    return [_token(key, header, {**payload, "jti": f"{number:08}"}) for number in numbers]


def _token(key: rsa.RSAPrivateKey, header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    text = b".".join(_base64url(dumps(each)) for each in (header, payload))
    return b".".join((text, _base64url(key.sign(text, padding.PKCS1v15(), SHA256())))).decode()


def _base64url(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
