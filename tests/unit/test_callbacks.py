# SPDX-License-Identifier: Apache-2.0
"""Which addresses may be called: public ones, and those that the deployment names."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidField, StartError
from app.events.delivery.callback_addresses import (
    ONLY_PUBLIC,
    ForbiddenAddress,
    allowed_networks,
    check,
    socket_factory,
)

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::5", "64:ff9b::808:808", "2002:808:808::1"]

FORBIDDEN = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


def url(address: str) -> str:
    return f"http://[{address}]:8080/events" if ":" in address else f"http://{address}:8080/events"


def found(address: str) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    """The address as `getaddrinfo` gives it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 0, "", (address, 80)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    check(url(address), ONLY_PUBLIC)
    socket_factory(ONLY_PUBLIC)(found(address)).close()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_any_other_address_is_refused_naming_the_setting(address: str) -> None:
    with pytest.raises(InvalidField, match=r"^/callback: .* is no public address; LIAISON_CALLBACK_NETWORKS"):
        check(url(address), ONLY_PUBLIC)
    with pytest.raises(ForbiddenAddress, match="LIAISON_CALLBACK_NETWORKS"):
        socket_factory(ONLY_PUBLIC)(found(address))


@pytest.mark.parametrize("address", FORBIDDEN)
def test_everything_may_be_called_where_any_is_allowed(address: str) -> None:
    check(url(address), allowed_networks("any"))
    socket_factory(allowed_networks("any"))(found(address)).close()


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "0", "127.0.0.1.", "localhost", "a.localhost."],
)
def test_an_address_in_disguise_is_refused(host: str) -> None:
    with pytest.raises(InvalidField, match="LIAISON_CALLBACK_NETWORKS"):
        check(f"http://{host}/events", ONLY_PUBLIC)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_all_its_forms(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    groups = f"{number >> 16:x}:{number & 0xFFFF:x}"
    forms = [
        str(address),
        str(number),
        hex(number),
        f"[::ffff:{address}]",
        f"[64:ff9b::{groups}]",
        f"[2002:{groups}::1]",
    ]
    assert len({_may_be_called(form) for form in forms}) == 1


def _may_be_called(host: str) -> bool:
    try:
        check(f"https://{host}/", ONLY_PUBLIC)
    except InvalidField:
        return False
    return True


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::ffff:127.0.0.1"])
def test_a_network_may_be_allowed(address: str) -> None:
    allowed = allowed_networks(" 127.0.0.0/8, fd00::/8")
    check(url(address), allowed)
    socket_factory(allowed)(found(address)).close()
    with pytest.raises(InvalidField):
        check(url("10.0.0.1"), allowed)


def test_names_are_not_looked_up_before_they_are_called() -> None:
    check("https://does-not-exist.invalid/events", ONLY_PUBLIC)


@pytest.mark.parametrize("wrong", ["ftp://8.8.8.8/", "file:///etc/passwd", "//8.8.8.8/", "http://", "http://[::1", ""])
def test_only_absolute_http_urls_may_be_called(wrong: str) -> None:
    with pytest.raises(InvalidField, match=r"^/authentication/tokenUrl must be an absolute http or https URL"):
        check(wrong, allowed_networks("any"), member="/authentication/tokenUrl")


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "everything", "10.0.0.0/33", "any,10.0.0.0/8"])
def test_a_wrong_setting_stops_the_start(wrong: str) -> None:
    with pytest.raises(StartError, match=r"^LIAISON_CALLBACK_NETWORKS: .*10\.0\.0\.0/8,fd00::/8"):
        allowed_networks(wrong)


def test_an_empty_setting_allows_public_addresses_only() -> None:
    assert allowed_networks("") == ONLY_PUBLIC
