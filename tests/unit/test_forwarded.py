# SPDX-License-Identifier: Apache-2.0
"""What a proxy says of the URL that its client called: read if it is well said, refused if it is not."""

import pytest

from app.errors import InvalidHeader
from app.http.headers.forwarding import Forwarding, forwarding

ROOT = "http://127.0.0.1:8080"


def said(**headers: str) -> Forwarding | None:
    names = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return forwarding(names)


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        ({"x_forwarded_proto": "https"}, "https://127.0.0.1:8080"),
        ({"x_forwarded_host": "api.example.com"}, "http://api.example.com"),
        ({"x_forwarded_host": "API.example.com:8443", "x_forwarded_proto": "HTTPS"}, "https://api.example.com:8443"),
        ({"x_forwarded_host": "[2001:db8::1]:8443"}, "http://[2001:db8::1]:8443"),
        ({"x_forwarded_prefix": "/a/liaison-2/"}, "http://127.0.0.1:8080/a/liaison-2"),
        ({"x_forwarded_host": "first.example.com, api.example.com"}, "http://api.example.com"),
        ({"forwarded": 'for=192.0.2.1;proto=https;host="api.example.com:8443"'}, "https://api.example.com:8443"),
        ({"forwarded": "host=first.example.com, Host=api.example.com ; Proto=https"}, "https://api.example.com"),
        ({"forwarded": "host=api.example.com", "x_forwarded_host": "api.example.com"}, "http://api.example.com"),
        ({"forwarded": "for=192.0.2.1"}, None),
        ({}, None),
    ],
)
def test_what_is_well_said_names_the_root(headers: dict[str, str], root: str | None) -> None:
    found = said(**headers)
    assert (found.root(ROOT) if found else None) == root


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_proto": "javascript"},
        {"x_forwarded_proto": "https:"},
        {"x_forwarded_host": "user:secret@example.com"},
        {"x_forwarded_host": "example.com/path"},
        {"x_forwarded_host": "example.com?x"},
        {"x_forwarded_host": "example.com\r\nSet-Cookie: a=b"},
        {"x_forwarded_host": "exa mple.com"},
        {"x_forwarded_host": 'example.com"'},
        {"x_forwarded_host": "exämple.com"},
        {"x_forwarded_host": "example.com:0"},
        {"x_forwarded_host": "example.com:65536"},
        {"x_forwarded_host": "a" * 256},
        {"x_forwarded_prefix": "javascript:alert(1)"},
        {"x_forwarded_prefix": "//evil.example.com"},
        {"x_forwarded_prefix": "/a/../b"},
        {"x_forwarded_prefix": "/<script>"},
        {"x_forwarded_prefix": "/" + "a" * 256},
        {"forwarded": "host"},
        {"forwarded": 'host="example.com'},
        {"forwarded": "proto=javascript;host=example.com"},
        {"forwarded": "host=other.example.com", "x_forwarded_host": "api.example.com"},
    ],
)
def test_what_makes_no_url_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidHeader):
        said(**headers)
