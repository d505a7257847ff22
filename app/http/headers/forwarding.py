# SPDX-License-Identifier: Apache-2.0
"""Forwarding headers: `Forwarded` (RFC 7239), `X-Forwarded-Proto`, `-Host` and `-Prefix` name the URL that was called.

Where both kinds are sent they must agree: a header that the proxy does not set may come from its client.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from app.errors import InvalidHeader, shorten

_PROTO = re.compile(r"https?", re.IGNORECASE)
_HOST = re.compile(
    r"(?=.{1,255}\Z)([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:(?P<port>\d{1,5}))?"
)
_PREFIX = re.compile(r"(?=.{0,256}\Z)(/(?!\.{1,2}(/|\Z))[A-Za-z0-9._~-]+)*/?")
_PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^\s";,]*)\s*(;|,|\Z)')
_X = {"proto": b"x-forwarded-proto", "host": b"x-forwarded-host", "prefix": b"x-forwarded-prefix"}


@dataclass(frozen=True)
class Forwarding:
    """The parts of the called URL that a proxy named; empty where it named none."""

    proto: str = ""
    host: str = ""
    prefix: str = ""

    def root(self, default: str) -> str:
        """The root of the server's URLs; parts that the proxy did not name are those of `default`."""
        own = urlsplit(default)
        return f"{self.proto or own.scheme}://{self.host or own.netloc}{self.prefix or own.path}"


def forwarding(headers: Mapping[bytes, bytes]) -> Forwarding | None:
    """Parse the forwarding headers among `headers` (names in lower case); None without any. Raises `InvalidHeader`."""
    named = {part: _last(headers[name].decode("latin-1")) for part, name in _X.items() if name in headers}
    standard = _standard(headers[b"forwarded"].decode("latin-1")) if b"forwarded" in headers else {}
    for part in named.keys() & standard.keys():
        if named[part].lower() != standard[part].lower():
            raise InvalidHeader(
                f"Forwarded and {_X[part].decode()} differ; the proxy should set one, and strip the other"
            )
    parts = {**named, **standard}
    return _validate(Forwarding(**parts)) if parts else None


def _validate(forwarded: Forwarding) -> Forwarding:
    host = _HOST.fullmatch(forwarded.host)
    if forwarded.proto and not _PROTO.fullmatch(forwarded.proto):
        raise _unfit("protocol", forwarded.proto, "http or https")
    if forwarded.host and (not host or not 0 < int(host["port"] or 1) < 65_536):
        raise _unfit("host", forwarded.host, "a name or an address, and a port if it needs one")
    if not _PREFIX.fullmatch(forwarded.prefix):
        raise _unfit("prefix", forwarded.prefix, "a path such as /liaison")
    return Forwarding(forwarded.proto.lower(), forwarded.host.lower(), forwarded.prefix.rstrip("/"))


def _unfit(part: str, value: str, right: str) -> InvalidHeader:
    return InvalidHeader(f"The {part} that the proxy names is '{_without_user(value)}'; it should be {right}")


def _without_user(value: str) -> str:
    """A value for use in a message: short, and without a password before a host."""
    before, at, host = value.rpartition("@")
    return shorten(f"{before and '…'}{at}{host}", 60)


def _last(listed: str) -> str:
    """The last element of a list, which the nearest proxy added; those before are what it received."""
    return listed.rpartition(",")[2].strip()


def forwarded_elements(text: str) -> list[dict[str, str]]:
    """The elements of a `Forwarded` header, one for each proxy, the nearest last. Raises `InvalidHeader`."""
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None:
            raise InvalidHeader(f"Forwarded is '{_without_user(text)}'; it should be like proto=https;host=example.com")
        value = re.sub(r"\\(.)", r"\1", pair[2][1:-1]) if pair[2].startswith('"') else pair[2]
        elements[-1][pair[1].lower()] = value
        if pair[3] == ",":
            elements.append({})
        position = pair.end()
    return elements


def _standard(text: str) -> dict[str, str]:
    nearest = forwarded_elements(text)[-1]
    return {part: nearest[part] for part in (field.name for field in fields(Forwarding)) if nearest.get(part)}
