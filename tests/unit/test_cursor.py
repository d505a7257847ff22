# SPDX-License-Identifier: Apache-2.0
"""Cursors: what is written comes back, and no other text is taken for one."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.cursor import Cursor, Position, digest, is_scalar, read_cursor
from app.domain.query.predicates import Condition, Operator
from app.errors import InvalidQuery

moments = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text() | moments
positions = st.builds(Position, st.lists(scalars, max_size=8).map(tuple), st.text())
cursors = st.builds(Cursor, st.integers(0, 2**31), positions, st.text())

ONE = Cursor(20, Position(("Okafor", None), "1"), "digest")


def token(*written: object) -> str:
    return urlsafe_b64encode(orjson.dumps(written)).decode().rstrip("=")


@given(cursors)
def test_a_cursor_comes_back_as_it_was_written(cursor: Cursor) -> None:
    read = read_cursor(cursor.token())
    assert read == cursor
    assert read is not None
    assert [type(value) for value in read.position.values] == [type(value) for value in cursor.position.values]


@given(cursors)
def test_a_token_needs_no_encoding_in_a_url(cursor: Cursor) -> None:
    assert set(cursor.token()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("text", [None, ""])
def test_where_there_is_no_token_there_is_no_cursor(text: str | None) -> None:
    assert read_cursor(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("a", "abc", "é", "====", "a b", ONE.token() + "!", ONE.token()[:-4], "\0", "WzFd", "bnVsbA"),
        token(),
        token(0, [], "1"),
        token(0, [], "1", "d", "more"),
        token(-1, [], "1", "d"),
        token(True, [], "1", "d"),
        token("0", [], "1", "d"),
        token(0.0, [], "1", "d"),
        token(0, {}, "1", "d"),
        token(0, "ab", "1", "d"),
        token(0, [[]], "1", "d"),
        token(0, [{"$gt": ""}], "1", "d"),
        token(0, [{"date-time": "today"}], "1", "d"),
        token(0, [{"date-time": 5}], "1", "d"),
        token(0, [{}], "1", "d"),
        token(0, [2**63], "1", "d"),
        token(0, [], {"$ne": ""}, "d"),
        token(0, [], "1", 7),
        urlsafe_b64encode(b'[0,[1e999],"1","d"]').decode(),
    ],
)
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidQuery, match="is no cursor; follow the link to the next page as it is") as refused:
        read_cursor(text)
    assert len(refused.value.message) < 150


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        read = read_cursor(text)
    except InvalidQuery:
        return
    assert (read is None) == (text == "")


def test_a_cursor_fits_its_own_offset_and_list_alone() -> None:
    assert ONE.fits(20, "digest", keys=2)
    assert not ONE.fits(21, "digest", keys=2)
    assert not ONE.fits(20, "another", keys=2)
    assert not ONE.fits(20, "digest", keys=1)


def test_lists_have_digests_of_their_own() -> None:
    conditions = [Condition(("a",), operator, (value,)) for operator in Operator for value in ("", "b", "\ud800")]
    assert len({digest("url", condition, ()) for condition in conditions}) == len(conditions)
    assert digest("url", conditions[0], ()) == digest("url", conditions[0], ())


@pytest.mark.parametrize(
    ("value", "has_a_place"),
    [
        *((scalar, True) for scalar in (None, True, 0, -1.5, "", datetime(2024, 5, 1, tzinfo=UTC))),
        *((other, False) for other in ([], ["a"], {}, {"a": 1}, float("nan"), float("inf"))),
    ],
)
def test_a_scalar_has_a_place_in_a_list(value: object, has_a_place: bool) -> None:
    assert is_scalar(value) == has_a_place
