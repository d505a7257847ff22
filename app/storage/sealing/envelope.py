# SPDX-License-Identifier: Apache-2.0
"""Authenticated encryption (AES-256-GCM, NIST SP 800-38D) of content with a data encryption key (DEK)."""

import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = b"\x01"
"""The first byte of sealed content: format 1 is this byte, the nonce, then the ciphertext with its tag."""


class SealBroken(Exception):
    """Sealed content was changed, or sealed with another key or in another context."""


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def derived_key(secret: bytes, purpose: bytes) -> bytes:
    """The key for a purpose that follows from a secret (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(secret)


def joint_key(keys: Iterable[bytes]) -> bytes:
    """The key of several parties: that of a single one itself; else one that nobody has who lacks one of theirs."""
    first, *others = keys
    return derived_key(b"".join([first, *others]), b"liaison joint key") if others else first


def encrypt(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """The ciphertext with its format and a random nonce; `context` is authenticated with it (additional data)."""
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, context)


def decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plaintext. Raises `SealBroken`."""
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != FORMAT or len(nonce) < NONCE_BYTES:
        raise SealBroken("it is no sealed content of a known format")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except InvalidTag:
        raise SealBroken("it was changed, or sealed with another key or for another place") from None
