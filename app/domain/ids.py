"""Identities: time-ordered, so that the order of ids is the order of creation."""

from uuid_utils import uuid7


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562) as text."""
    return str(uuid7())
