# SPDX-License-Identifier: Apache-2.0
"""Reading a query string: conditions and groups, the spellings of operators, and percent-encoding."""

from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.operators import SYMBOLS
from app.domain.query.predicates import EVERYTHING, Condition, Either, Every, Operator, Path, Predicate
from app.domain.query.query import (
    CONTROLS,
    Query,
    parse_query,
)
from app.errors import TmfError
from tests.unit.filtering import equal
from tests.unit.spellings import groups, paths, predicate, spelled_groups, texts

Encoding = Callable[[str], str]

randoms = st.randoms(use_true_random=False)
encodings = st.sampled_from([lambda text: quote(text, safe=""), quote_plus])


def read_or_refused(raw: str) -> Query | TmfError:
    try:
        return parse_query(raw)
    except TmfError as refusal:
        return refusal


@given(groups, randoms)
def test_however_a_filter_is_spelled_it_says_the_same(of: list[list[Condition]], random: Random) -> None:
    raw = spelled_groups(of, random)
    assert parse_query(raw) == Query(predicate(of), {"limit": "5"}), raw


@given(paths, texts, encodings, st.sampled_from(["==", ".eq=", ".in=", "%3D%3D", "%3d="]))
def test_any_text_survives_percent_encoding(path: Path, text: str, encoded: Encoding, equality: str) -> None:
    name = ".".join(path)
    assert parse_query(f"{quote(name)}{equality}{encoded(text)}").where == equal(name, text)


@given(paths, texts.filter(lambda text: not text.startswith(("=", "~"))), encodings)
def test_a_plain_equality_takes_any_text_that_does_not_start_like_an_operator(
    path: Path, text: str, encoded: Encoding
) -> None:
    name = ".".join(path)
    assert parse_query(f"{quote(name)}={encoded(text)}").where == equal(name, text)


def every_byte(text: str) -> str:
    """`text` with every byte percent-encoded, as careful clients do."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


@given(paths, texts | st.text("=~<>*!.,;&%+ ", max_size=4), st.sampled_from(["=", "==", ">", "<", ">=", "<="]))
def test_no_part_of_a_percent_encoded_value_becomes_an_operator(path: Path, text: str, symbol: str) -> None:
    condition = Condition(path, SYMBOLS[symbol], (text,))
    assert parse_query(f"{quote('.'.join(path))}{symbol}{every_byte(text)}").where == condition


@given(paths, st.lists(texts, min_size=1, max_size=4), encodings)
def test_a_comma_or_a_repetition_gives_one_attribute_several_values(
    path: Path, values: list[str], encoded: Encoding
) -> None:
    name, written = quote(".".join(path)), [encoded(value) for value in values]
    expected = equal(".".join(path), *values)
    assert parse_query(f"{name}=={','.join(written)}").where == expected
    assert parse_query("&".join(f"{name}=={value}" for value in written)).where == expected


@given(st.text("&=;,%~<>*.$@+![]?()'\" abz047E\0é", max_size=24) | st.text(max_size=20))
def test_whatever_the_query_string_it_is_understood_or_refused(raw: str) -> None:
    outcome = read_or_refused(raw)
    if isinstance(outcome, TmfError):
        assert outcome.status in (400, 501)
        assert len(outcome.message) < 500
    else:
        assert outcome.controls.keys() <= set(CONTROLS)


SPELLINGS = {
    Operator.EQ: ["a=v", "a==v", "a%3Dv", "a%3D%3Dv", "a%3d=v", "a.eq=v", "a.eq%3Dv", "a.in=v"],
    Operator.GT: ["a>v", "a%3Ev", "a%3ev", "a.gt=v", "a.gt%3dv"],
    Operator.GTE: ["a>=v", "a%3E=v", "a%3E%3Dv", "a%3e%3dv", "a.gte=v"],
    Operator.LT: ["a<v", "a%3Cv", "a%3cv", "a.lt=v"],
    Operator.LTE: ["a<=v", "a%3C=v", "a%3C%3Dv", "a%3c%3dv", "a.lte=v"],
    Operator.REGEX: ["a*=v", "a=~v", "a%2A=v", "a*%3Dv", "a%2a%3dv", "a%3D~v", "a%3D%7ev", "a.regex=v"],
    Operator.NE: ["a.ne=v", "a.nin=v", "a%2Ene=v"],
}


@pytest.mark.parametrize(
    ("raw", "operator"), [(raw, operator) for operator, spellings in SPELLINGS.items() for raw in spellings]
)
def test_every_operator_has_several_spellings(raw: str, operator: Operator) -> None:
    assert parse_query(raw).where == Condition(("a",), operator, ("v",))


@pytest.mark.parametrize("operator", SPELLINGS)
def test_a_comma_lists_values_for_every_operator(operator: Operator) -> None:
    for raw in SPELLINGS[operator]:
        assert parse_query(f"{raw},w%2Cx").where == Condition(("a",), operator, ("v", "w,x")), raw


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False)])
def test_a_condition_may_ask_whether_an_attribute_is_there(text: str, expected: bool) -> None:
    assert parse_query(f"a.b.exists={text}").where == Condition(("a", "b"), Operator.EXISTS, (expected,), typed=True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", EVERYTHING),
        ("&&", EVERYTHING),
        (";", EVERYTHING),
        ("status=", equal("status", "")),
        ("status=x,y", equal("status", "x", "y")),
        ("status=x,", equal("status", "x", "")),
        ("status=x%2Cy", equal("status", "x,y")),
        ("status=x%2cy,z", equal("status", "x,y", "z")),
        ("status=a%3Bb%26c%3Dd", equal("status", "a;b&c=d")),
        ("status=x;", equal("status", "x")),
        ("status=x;;&status=y", Either((equal("status", "x"), equal("status", "y")))),
        ("status=x&status=y", equal("status", "x", "y")),
        ("status.in=x&status=y&status.eq=z", equal("status", "x", "y", "z")),
        ("status=x;limit=3", equal("status", "x")),
        ("status=x;n=10", Either((equal("status", "x"), equal("n", "10")))),
        ("a=1&b=2;a=3", Either((Every((equal("a", "1"), equal("b", "2"))), equal("a", "3")))),
        ("%40type=Individual", equal("@type", "Individual")),
        ("name=Ann+Lee", equal("name", "Ann Lee")),
        ("name=Ann%2BLee", equal("name", "Ann+Lee")),
        ("name=Jos%C3%A9", equal("name", "José")),
        ("name=a%3Db=c", equal("name", "a=b=c")),
        ("name=a~b>c", equal("name", "a~b>c")),
        ("name=%7E.*", equal("name", "~.*")),
        ("name=%3Dgamma", equal("name", "=gamma")),
        ("name>%3Dgamma", Condition(("name",), Operator.GT, ("=gamma",))),
        ("name.eq=~x", equal("name", "~x")),
        ("name.eq==x", equal("name", "=x")),
        ("name.eq=%3Dx", equal("name", "=x")),
        ("name.eq=>x", equal("name", ">x")),
        ("name.gt==x", Condition(("name",), Operator.GT, ("=x",))),
        ("n>5&n>7", Every((Condition(("n",), Operator.GT, ("5",)), Condition(("n",), Operator.GT, ("7",))))),
        ("n.ne=5&n.nin=7", Every((Condition(("n",), Operator.NE, ("5",)), Condition(("n",), Operator.NE, ("7",))))),
        ("note.author=P&note.text=t2", Every((equal("note.author", "P"), equal("note.text", "t2")))),
        ("eq=5", equal("eq", "5")),
        ("note.in.eq=5", equal("note.in", "5")),
        ("note.0.text=t", equal("note.0.text", "t")),
        ("a*b=1", equal("a*b", "1")),
    ],
)
def test_conditions_are_read_as_tmf630_means_them(raw: str, expected: Predicate) -> None:
    assert parse_query(raw) == Query(expected, {"limit": "3"} if "limit" in raw else {})
