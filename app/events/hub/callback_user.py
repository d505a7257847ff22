# SPDX-License-Identifier: Apache-2.0
"""Userinfo in the URL of a callback, `user:password@` (RFC 3986 §3.2.1): a secret, which is not kept in the URL."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit


class User(NamedTuple):
    """Name and password, decoded; an empty password where the URL has none."""

    username: str
    password: str


def user_of(url: str) -> User | None:
    """The user that a URL names; None when it names none."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    username, _, password = userinfo.partition(":")
    return User(unquote(username), unquote(password)) if at else None


def without_user(url: str) -> str:
    """The URL as it is written, but for the userinfo."""
    scheme, _, rest = url.partition("://")
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    return f"{scheme}://{rest.removeprefix(userinfo + at)}"
