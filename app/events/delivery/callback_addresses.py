# SPDX-License-Identifier: Apache-2.0
"""Addresses of callbacks: public ones, and those in `LIAISON_CALLBACK_NETWORKS` (against SSRF; ADR 0011)."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from app.errors import InvalidField, StartError, shorten

Address = IPv4Address | IPv6Address
Allowed = tuple[IPv4Network | IPv6Network, ...]

SETTING = "LIAISON_CALLBACK_NETWORKS"
ANY = "any"
ONLY_PUBLIC: Allowed = ()

_EVERYTHING: Allowed = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))

_NOT_PUBLIC = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
"""IANA's special-purpose addresses of IPv4, which include the metadata services of clouds, and that of Azure."""

_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32_BITS = 0xFFFFFFFF


class ForbiddenAddress(OSError):
    """A forbidden address; the message says why, and which setting would allow it."""


def allowed_networks(text: str) -> Allowed:
    """The networks that the setting `text` names, such as `10.0.0.0/8,fd00::/8`, or `any`. Raises `StartError`."""
    if text.strip() == ANY:
        return _EVERYTHING
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise StartError(f"{SETTING}: {error}; write networks such as 10.0.0.0/8,fd00::/8, or '{ANY}'") from None


def check(url: str, allowed: Allowed, *, member: str = "/callback") -> None:
    """Raise `InvalidField` when `url`, the value of `member`, is not http or https or names a forbidden address.

    A host name is resolved, and its addresses are checked, when it is called (`socket_factory`).
    """
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https") or not host:
        raise InvalidField(f"{member} must be an absolute http or https URL")
    address = _literal(host)
    if address is not None and not _may_be_called(address, allowed):
        raise InvalidField(f"{member}: {_refusal(host)}")


def socket_factory(allowed: Allowed) -> Callable[[Any], socket.socket]:
    """The `socket_factory` of a connector: makes sockets for addresses as `getaddrinfo` gives them.

    Raises `ForbiddenAddress` for those that are not `allowed`.

    The connector calls it after the lookup, right before it connects, so a name cannot change its address in between.
    """

    def socket_for(address_info: Any) -> socket.socket:
        family, kind, protocol, _, endpoint = address_info
        if not _may_be_called(ip_address(endpoint[0]), allowed):
            raise ForbiddenAddress(_refusal(endpoint[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    return socket_for


def _may_be_called(address: Address, allowed: Allowed) -> bool:
    meant = _embedded_ipv4(address) or address
    return _is_public(meant) or any(each in network for each in (address, meant) for network in allowed)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _embedded_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, by NAT64 (RFC 6052) or by 6to4 (RFC 3056)."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW_32_BITS)
    return address.ipv4_mapped or address.sixtofour


def _literal(host: str) -> Address | None:
    """The address that `host` is, also in the old forms of `inet_aton` (`127.1`, `0x7f000001`); None for a name."""
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        return _of_old(host)


def _of_old(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _refusal(address: str) -> str:
    return f"{shorten(address, 60)} is no public address; {SETTING} names the others that may be called"
