# SPDX-License-Identifier: Apache-2.0
"""Keys and fingerprints: alike for the same JSON, however it is spelled, and for nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidHeader
from app.http.headers.idempotency_key import canonical, key_of
from app.http.messages import Request
from app.storage.documents.receipts import Key

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


async def nothing() -> Any:
    raise AssertionError("the body is not read here")


def request(*keys: str) -> Request:
    headers = [(b"idempotency-key", key.encode("latin-1")) for key in keys]
    return Request({"headers": headers, "query_string": b""}, nothing, 1024)


def turned(value: Any) -> Any:
    """The same JSON with the members of every object the other way round."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


@given(values)
def test_the_order_of_members_does_not_matter(value: Any) -> None:
    assert canonical(turned(value)) == canonical(value)
    assert json.loads(canonical(value)) == value


@given(values, values)
def test_other_json_is_other_json(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) == same


@given(
    st.text("ab/", max_size=4), st.text(VISIBLE, max_size=4), st.text("ab/", max_size=4), st.text(VISIBLE, max_size=4)
)
def test_a_key_belongs_to_its_place(place: str, chosen: str, other_place: str, other: str) -> None:
    one, two = Key.of(place, chosen, b"{}"), Key.of(other_place, other, b"{}")
    assert (one == two) == ((place, chosen) == (other_place, other))


@given(st.text(VISIBLE.replace('"', ""), min_size=1, max_size=255))
def test_a_key_may_be_quoted(chosen: str) -> None:
    plain = key_of(request(chosen), "here", {})
    assert plain == key_of(request(f'"{chosen}"'), "here", {}) == key_of(request(f" {chosen} "), "here", {})
    assert plain == Key.of("here", chosen, b"{}")


@given(st.text(st.characters(max_codepoint=0xFF, exclude_characters=VISIBLE), min_size=1), st.text(VISIBLE, max_size=5))
def test_what_is_not_visible_ascii_is_no_key(bad: str, more: str) -> None:
    with pytest.raises(InvalidHeader, match="Idempotency-Key must be 1 to 255 visible ASCII characters"):
        key_of(request(f"a{more}{bad}{more}a"), "here", {})


@pytest.mark.parametrize("given", ["", '"', '""', '"a', 'a"', 'a"b', "x" * 256])
def test_what_is_no_key_is_refused_and_not_echoed_whole(given: str) -> None:
    with pytest.raises(InvalidHeader) as refusal:
        key_of(request(given), "here", {})
    assert len(refusal.value.message) < 250


def test_no_key_is_none() -> None:
    assert key_of(request(), "here", {}) is None
