# SPDX-License-Identifier: Apache-2.0
"""A member that is named twice would be lost but for its last value: no such body is taken, and no other is refused."""

import json
import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_text import parse
from app.errors import InvalidBody

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('ab"\\u:{} ü', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\:', max_size=2), inner, max_size=3),
    max_leaves=12,
)


def _numbered(escape: re.Match[str]) -> str:
    """A quote spelt by its number, any other escape as it is."""
    return "\\u0022" if escape[1] == '"' else escape[0]


SPELLINGS = [
    orjson.dumps,
    lambda value: json.dumps(value, indent=2).encode(),
    lambda value: json.dumps(value, separators=(" , ", " : "), ensure_ascii=False).encode(),
    lambda value: re.sub(r"\\(.)", _numbered, json.dumps(value)).encode(),
]


@given(VALUES, st.sampled_from(SPELLINGS))
def test_what_names_each_member_once_is_read_however_it_is_spelt(value: Any, spell: Any) -> None:
    assert parse(spell(value)) == value


@given(st.text('ab"\\:ü', max_size=3), VALUES, VALUES, VALUES, st.sampled_from(SPELLINGS), st.booleans())
def test_what_names_one_twice_is_refused(
    name: str, first: Any, second: Any, between: Any, spell: Any, nested: bool
) -> None:
    key = spell(name)
    body = b"{%b : %b, %b: %b,%b:%b}" % (key, spell(first), spell(name + "-"), spell(between), key, spell(second))
    with pytest.raises(InvalidBody, match="twice"):
        parse(b'[{"x":[%b]}]' % body if nested else body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":{"b":1},"a":{"c":"\\u0022\\u0022"}}',
        b'{"a":"\\"","b":1,"a":"\\u0022\\u0022"}',
        b'{"":1,"":2}',
    ],
)
def test_no_spelling_hides_a_member_that_is_named_twice(body: bytes) -> None:
    with pytest.raises(InvalidBody, match="twice"):
        parse(body)


def test_a_member_of_different_objects_may_have_the_same_name() -> None:
    assert parse(b'{"a":{"a":[{"a":1},{"a":2}]}}') == {"a": {"a": [{"a": 1}, {"a": 2}]}}
