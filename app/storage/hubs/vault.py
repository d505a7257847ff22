# SPDX-License-Identifier: Apache-2.0
"""The vault: encrypts secrets of listeners (Fernet), and keys of parties, with keys that are not in the database."""

import base64
import hmac
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.errors import StartError
from app.settings import Settings
from app.storage.sealing.envelope import SealBroken, decrypt, derived_key, encrypt

SETTING = "LIAISON_SECRETS_KEY"
KEY_FILE = "secrets.key"
_RIGHT = 'make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


_FINGERPRINT = b"liaison fingerprint\n"
"""The context of fingerprints, which separates them from other uses of the key."""

_KEY_ENCRYPTION = b"liaison key encryption"
"""The context of the key encryption keys that are derived from those of the setting (HKDF, RFC 5869)."""


class Unsealable(Exception):
    """No key of the vault decrypts the secret; the message names the setting."""


class Vault:
    """Encrypts with the first of its keys and decrypts with any, for the rotation of keys."""

    def __init__(self, keys: str) -> None:
        """`keys` are Fernet keys, separated by commas. Raises `StartError`, which does not repeat them."""
        self._first = keys.split(",")[0].strip().encode()
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise StartError(f"{SETTING} must be Fernet keys, separated by commas; {_RIGHT}") from None
        self._key_encryption_keys = [
            derived_key(base64.urlsafe_b64decode(key.strip()), _KEY_ENCRYPTION) for key in keys.split(",")
        ]

    def seal(self, text: str) -> bytes:
        """Encrypt and authenticate `text`."""
        return self._fernet.encrypt(text.encode())

    def fingerprint(self, content: bytes) -> str:
        """A keyed hash (HMAC) of `content` with the first key, which cannot be guessed without it."""
        return hmac.new(self._first, _FINGERPRINT + content, "sha256").hexdigest()

    def open(self, sealed: bytes) -> str:
        """Decrypt a sealed text. Raises `Unsealable`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Unsealable(f"{SETTING} has no key that opens it; add the one that it was sealed with") from None

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """Encrypt a data encryption key (AES-256-GCM) with the key encryption key of the first one, for `context`."""
        return encrypt(self._key_encryption_keys[0], key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Decrypt a data encryption key. Raises `Unsealable`."""
        for key_encryption_key in self._key_encryption_keys:
            with suppress(SealBroken):
                return decrypt(key_encryption_key, wrapped, context)
        raise Unsealable(f"{SETTING} has no key that unwraps the key of a party; add the one that it was wrapped with")


def vault(keys: str) -> Vault | None:
    """The vault with the `keys` of the setting; None when there are none. Raises `StartError`."""
    return Vault(keys) if keys else None


def with_key(settings: Settings) -> Settings:
    """`settings` with a key: the given one, or with the embedded MongoDB that of its directory, generated when missing.

    With another MongoDB, which several servers may share, no key is generated.
    """
    if settings.secrets_key or settings.mongodb_uri:
        return settings
    return replace(settings, secrets_key=_load_or_create_key(Path(settings.data).expanduser()))


def _load_or_create_key(data: Path) -> str:
    file = data / KEY_FILE
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _write_new(file, Fernet.generate_key())
        return file.read_text().strip()
    except OSError as error:
        raise StartError(
            f"the key of the secrets, {file}, cannot be used: {error.strerror}. Or set {SETTING}"
        ) from error


def _write_new(file: Path, key: bytes) -> None:
    """Write the file atomically, and never over an existing one."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    try:
        draft.write_bytes(key + b"\n")
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
