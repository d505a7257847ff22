# SPDX-License-Identifier: Apache-2.0
"""What surrounds a request: its path without a closing slash, and its correlation id."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.middleware.request_context import canonical, correlation_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01".encode()


def given_id(*headers: tuple[bytes, bytes]) -> str:
    scope: dict[str, Any] = {"type": "http", "headers": list(headers)}
    return correlation_id(scope)


def is_fresh(id: str) -> bool:
    return uuid.UUID(id).version == 7


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("", "/"),
        ("//", "/"),
        ("/a", "/a"),
        ("/a/", "/a"),
        ("/a///", "/a"),
        ("/a/b/", "/a/b"),
        ("/a/ui/", "/a/ui/"),
        ("/a/ui", "/a/ui"),
        ("/a/gui/", "/a/gui"),
    ],
)
def test_a_path_loses_its_closing_slash_but_for_the_documentation(path: str, expected: str) -> None:
    assert canonical(path) == expected


@given(st.text("/abui.", max_size=12).map("/".__add__))
def test_a_canonical_path_stays_as_it_is(path: str) -> None:
    once = canonical(path)
    assert canonical(once) == once
    assert path.startswith(once)


@given(st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=128))
def test_the_id_that_a_client_gives_is_kept(id: str) -> None:
    assert given_id((b"x-correlation-id", id.encode())) == id


def test_the_trace_of_a_client_is_taken_when_it_gives_no_id() -> None:
    assert given_id((b"traceparent", PARENT)) == TRACE
    assert given_id((b"x-correlation-id", b"mine"), (b"traceparent", PARENT)) == "mine"


@pytest.mark.parametrize(
    "id", [b"", b"a b", b"a\nb", b"a\r\nSet-Cookie: x", b"x" * 129, "é".encode(), b"\x00", b"\xff"]
)
def test_an_id_that_could_do_harm_in_a_log_or_header_is_not_taken(id: bytes) -> None:
    assert is_fresh(given_id((b"x-correlation-id", id)))


@pytest.mark.parametrize("id", [b"a b", b""])
def test_the_trace_stands_in_for_an_id_that_is_not_taken(id: bytes) -> None:
    assert given_id((b"x-correlation-id", id), (b"traceparent", PARENT)) == TRACE


@pytest.mark.parametrize("parent", [b"", b"00", PARENT.upper(), PARENT + b"-x", b"\xff", PARENT[3:]])
def test_a_trace_that_is_none_is_not_taken(parent: bytes) -> None:
    assert is_fresh(given_id((b"traceparent", parent)))


def test_every_request_without_an_id_gets_one_of_its_own() -> None:
    assert given_id() != given_id()
    assert is_fresh(given_id((b"accept", b"*/*")))
