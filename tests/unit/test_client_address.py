# SPDX-License-Identifier: Apache-2.0
"""Whose a request is by its address: the peer's, or what a proxy says that the settings name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.headers.client_address import client_network, forwarding_networks

PROXY = "10.0.0.1"
PROXIES = forwarding_networks("10.0.0.0/8,fd00::/8")

any_text = st.text([chr(code) for code in range(0x20, 0x7F)], max_size=60)


def network(peer: str, for_: str = "", standard: str = "") -> str:
    lines = [(b"x-forwarded-for", for_), (b"forwarded", standard)]
    return client_network(peer, [(name, value.encode()) for name, value in lines if value], PROXIES)


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_peer_counts_by_its_address_and_in_ipv6_by_its_network(peer: str, expected: str) -> None:
    assert network(peer) == expected


@given(any_text, any_text)
def test_what_others_than_named_proxies_say_counts_for_nothing(for_: str, standard: str) -> None:
    assert network("192.0.2.7", for_, standard) == "192.0.2.7"


@pytest.mark.parametrize(
    ("for_", "standard"),
    [
        ("192.0.2.7", ""),
        ("192.0.2.7:4711", ""),
        ("203.0.113.9, 192.0.2.7", ""),
        ("203.0.113.9, 192.0.2.7, 10.1.1.1, 10.2.2.2", ""),
        ("203.0.113.9, nonsense, 192.0.2.7", ""),
        ("", "for=192.0.2.7"),
        ("", 'for=203.0.113.9, for="192.0.2.7:80";proto=https, for=10.3.3.3'),
        ("192.0.2.7", "proto=https;host=example.com"),
        ("192.0.2.7", "for=192.0.2.7"),
    ],
)
def test_behind_a_named_proxy_the_nearest_that_is_none_counts(for_: str, standard: str) -> None:
    assert network(PROXY, for_, standard) == "192.0.2.7"


@pytest.mark.parametrize("address", ["2001:db8:1:2::9", "[2001:db8:1:2::9]", "[2001:db8:1:2::9]:443"])
def test_forwarded_ipv6_addresses_count_by_their_network_too(address: str) -> None:
    assert network(PROXY, address) == network(PROXY, "", f'for="{address}"') == "2001:db8:1:2::/64"


@pytest.mark.parametrize(
    ("for_", "standard"),
    [
        ("", ""),
        ("unknown", ""),
        ("", "for=_hidden"),
        ("192.0.2.7", "for=203.0.113.9"),
        ("192.0.2.7", "for=192.0.2.7;;;="),
        ("192.0.2.7,", ""),
    ],
)
def test_where_a_proxy_names_nobody_or_two_it_counts_itself(for_: str, standard: str) -> None:
    assert network(PROXY, for_, standard) == PROXY


@given(any_text, any_text)
def test_whatever_a_proxy_says_is_somebody(for_: str, standard: str) -> None:
    assert network(PROXY, for_, standard)
