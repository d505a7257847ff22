# SPDX-License-Identifier: Apache-2.0
"""The address of a client: that of the connection, or the one that trusted proxies name (`X-Forwarded-For`, RFC 7239).

Where both headers name a client and differ, one of them is the client's own: then the proxy's address counts.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.errors import InvalidHeader, StartError
from app.http.headers.forwarding import forwarded_elements

Networks = tuple[IPv4Network | IPv6Network, ...]
Headers = Iterable[tuple[bytes, bytes]]

IPV6_PREFIX = 64
"""Bits of an IPv6 address that name a client's network: it chooses the others itself (RFC 4291 §2.5.1)."""


def forwarding_networks(text: str) -> Networks:
    """The networks of `LIAISON_FORWARDED_FROM`. Raises `StartError`."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise StartError(f"LIAISON_FORWARDED_FROM: {error}; write networks such as 10.0.0.0/8,fd00::/8") from None


@lru_cache(4096)
def is_trusted(peer: str, proxies: Networks) -> bool:
    """Whether the peer of a connection is a proxy that is believed."""
    address = _address(peer)
    return address is not None and any(address in network for network in proxies)


def client_network(peer: str, headers: Headers, proxies: Networks) -> str:
    """The address of the client of a request whose connection is from `peer`; of an IPv6 address the /64 network."""
    if not proxies or not is_trusted(peer, proxies):
        return _network(peer)
    named = {_client(hops, peer, proxies) for hops in _hops(headers) if hops}
    return _network(named.pop() if len(named) == 1 else peer)


def _hops(headers: Headers) -> tuple[Sequence[str], Sequence[str]]:
    """The hops that `X-Forwarded-For` names, and those that `Forwarded` does; the nearest is the last one."""
    lines = [(name, value.decode("latin-1")) for name, value in headers if name in (b"x-forwarded-for", b"forwarded")]
    listed = ",".join(value for name, value in lines if name == b"x-forwarded-for")
    try:
        elements = forwarded_elements(",".join(value for name, value in lines if name == b"forwarded"))
    except InvalidHeader:
        return [], []
    standard = [each.get("for", "") for each in elements]
    return listed.split(",") if listed else [], standard if any(standard) else []


def _client(hops: Sequence[str], peer: str, proxies: Networks) -> str:
    """The nearest hop that is no proxy; or the one that was told before it, where a hop names no address."""
    nearest = peer
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            return nearest
        nearest = str(address)
        if not is_trusted(nearest, proxies):
            break
    return nearest


@lru_cache(4096)
def _network(text: str) -> str:
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return text if address is None else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as headers write it: with or without a port, IPv6 in brackets or not."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
