# SPDX-License-Identifier: Apache-2.0
"""Bodies in and out: what JSON is taken, what would be lost or changed in keeping, and what is written."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_text import DEEPEST, MOST_OBJECTS, RESERVED, dump, parse_object
from app.domain.json_values import equal
from app.errors import InvalidBody, InvalidField, MissingBody, PayloadTooLarge

names = st.text(max_size=6).filter(lambda name: not name.startswith("$") and "\0" not in name and name not in RESERVED)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["$x", "_v4", "\0", "12345678901234567890"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=12
)
objects = st.dictionaries(names, values, max_size=4)


def nested(levels: int, opening: bytes, innermost: bytes, closing: bytes) -> bytes:
    """An object whose member `a` holds `levels` containers in each other around the innermost value."""
    return b'{"a":' + opening * levels + innermost + closing * levels + b"}"


@given(objects, st.booleans(), st.sampled_from([None, 2]))
def test_what_the_database_can_keep_comes_in_and_goes_out_the_same(
    value: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    read = parse_object(raw)
    assert equal(read, value)
    assert equal(parse_object(dump(read)), value)
    assert equal(decode(encode(read)), value)


@given(objects)
def test_a_fraction_that_is_zero_stays_a_fraction(value: dict[str, Any]) -> None:
    assert json.dumps(parse_object(json.dumps(value).encode())) == json.dumps(value)


@given(st.integers())
def test_an_integer_is_kept_exactly_or_refused(number: int) -> None:
    raw = json.dumps({"n": [number]}).encode()
    if -(2**63) <= number < 2**63:
        assert parse_object(raw) == {"n": [number]}
    else:
        with pytest.raises(InvalidField, match=f"/n/0 is {str(number)[:20]}.*integers have at most 64 bits"):
            parse_object(raw)


@given(st.binary(max_size=40))
def test_whatever_the_bytes_they_are_an_object_or_refused(raw: bytes) -> None:
    try:
        read = parse_object(raw)
    except (MissingBody, InvalidBody, InvalidField):
        return
    assert isinstance(read, dict)


@pytest.mark.parametrize("number", ["1" * 300, "-" + "9" * 30, "18446744073709551615", "9223372036854775808"])
def test_a_number_beyond_64_bits_is_refused_however_long(number: str) -> None:
    with pytest.raises(InvalidField, match="out of range") as refused:
        parse_object(f'{{"n":{number}}}'.encode())
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000])
def test_a_number_that_no_float_can_hold_is_refused(number: str) -> None:
    with pytest.raises(InvalidBody, match="not valid JSON"):
        parse_object(f'{{"n":{number}}}'.encode())


def test_a_long_run_of_digits_in_a_text_or_a_fraction_is_no_integer() -> None:
    raw = b'{"a":"99999999999999999999999","b":0.12345678901234567890123,"c":12345678901234567890.5}'
    assert parse_object(raw) == {"a": "9" * 23, "b": 0.12345678901234568, "c": 12345678901234567890.5}


@pytest.mark.parametrize("raw", [b"", b"  \r\n\t"])
def test_no_body_is_told_as_such(raw: bytes) -> None:
    with pytest.raises(MissingBody, match="send JSON"):
        parse_object(raw)


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"[]", "an array"),
        (b'"text"', "a text"),
        (b"true", "true or false"),
        (b"null", "null"),
        (b"5", "a number"),
        (b"-0.5", "a number"),
    ],
)
def test_json_that_is_no_object_is_told_by_its_kind(raw: bytes, named: str) -> None:
    with pytest.raises(InvalidBody, match=f"must be a JSON object, not {named}$"):
        parse_object(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":1} {}',
        b'{"a":"\n"}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":"é"}'.encode("latin-1"),
    ],
)
def test_what_is_no_json_in_utf_8_is_told_with_the_place(raw: bytes) -> None:
    with pytest.raises(InvalidBody, match=r"not valid JSON \(UTF-8\): .*, at character \d+$"):
        parse_object(raw)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'{"$set":1}', "/$set"),
        (b'{"\\u0024set":1}', "/$set"),
        (b'{"a":[{"$gt":1}]}', "/a/0/$gt"),
        (b'{"_v4":{}}', "/_v4"),
        (b'{"\\u005fv4":{}}', "/_v4"),
        (b'{"\\u005F\\u0076\\u0034":{}}', "/_v4"),
        (b'{"a":{"_\\u00764":{}}}', "/a/_v4"),
        (b'{"a":{"b\\u0000":1}}', "/a/b\0"),
        (b'{"_v5":1}', "/_v5"),
        (b'{"a": { "$x" : 1}}', "/a/$x"),
    ],
)
def test_a_name_that_cannot_be_kept_is_refused_with_its_place(raw: bytes, place: str) -> None:
    with pytest.raises(InvalidField) as refused:
        parse_object(raw)
    assert refused.value.message == f"{place} cannot be kept: the name is reserved"


@pytest.mark.parametrize("name", ["a.b", "", " ", "v4", "v5", "a$", ".", "@type", "é", "😀"])
def test_other_names_may_be_as_odd_as_they_like(name: str) -> None:
    assert parse_object(json.dumps({name: {name: 1}}).encode()) == {name: {name: 1}}


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_body_may_be_as_deep_as_is_allowed_and_no_deeper(opening: bytes, closing: bytes) -> None:
    assert parse_object(nested(DEEPEST - 1, opening, b"1", closing))
    with pytest.raises(InvalidBody, match=f"nested deeper than {DEEPEST} levels"):
        parse_object(nested(DEEPEST, opening, b"1", closing))


@pytest.mark.parametrize("levels", [1_000, 1_020, 100_000])
@pytest.mark.parametrize("innermost", [b"1", b"1234567890123456789", b'{"$x":1}'])
def test_a_body_of_any_depth_gets_an_answer(levels: int, innermost: bytes) -> None:
    with pytest.raises(InvalidBody):
        parse_object(nested(levels, b"[", innermost, b"]"))


def test_many_containers_side_by_side_are_not_deep() -> None:
    assert len(parse_object(json.dumps({"a": [{}] * 1000}).encode())["a"]) == 1000


def test_date_times_are_written_in_utc() -> None:
    at = datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert dump({"at": [at], "then": datetime(2024, 5, 1, 0, 0, 0, 5000, tzinfo=UTC)}) == (
        b'{"at":["2024-05-01T10:00:00Z"],"then":"2024-05-01T00:00:00.005Z"}'
    )


def test_what_is_no_json_is_not_written() -> None:
    with pytest.raises(TypeError, match=r"set"):
        dump({"a": {1}})


@pytest.mark.parametrize("body", ['{"a":[%s]}', '{"a":{"b":[[%s]]}}'])
@pytest.mark.parametrize("each", ["{}", "[]", '{"x":{"y":[]}}'])
def test_more_objects_and_arrays_than_a_document_may_have_are_refused(body: str, each: str) -> None:
    around = body.count("{") + body.count("[")
    within = (MOST_OBJECTS - around) // (each.count("{") + each.count("["))
    assert parse_object((body % ",".join([each] * within)).encode())
    with pytest.raises(PayloadTooLarge, match=r"too many for one document; at most 25000 are kept"):
        parse_object((body % ",".join([each] * (within + 1))).encode())


def test_brackets_in_texts_and_plain_values_are_no_objects() -> None:
    text, numbers = "{[" * MOST_OBJECTS, [1] * MOST_OBJECTS * 2
    assert parse_object(json.dumps({"a": text, "b": numbers}).encode()) == {"a": text, "b": numbers}
