# SPDX-License-Identifier: Apache-2.0
"""Control words and `filter` in a query string: told apart from conditions wherever they stand."""

from urllib.parse import quote, quote_plus

import pytest

from app.domain.query.operators import SUFFIXES
from app.domain.query.parameters import UNSUPPORTED
from app.domain.query.path_filter import read_filter
from app.domain.query.predicates import Condition, Either, Every, Operator
from app.domain.query.query import (
    CONTROLS,
    LISTS,
    RESERVED,
    Query,
    parse_query,
)
from app.errors import NotSupported
from tests.unit.filtering import equal, refused


@pytest.mark.parametrize("word", RESERVED)
def test_an_attribute_named_like_a_control_word_is_asked_for_with_a_suffix(word: str) -> None:
    assert parse_query(f"{word}.eq=5") == Query(equal(word, "5"), {})
    assert parse_query(f"{word}.gt=5").where == Condition((word,), Operator.GT, ("5",))


@pytest.mark.parametrize(
    ("raw", "controls"),
    [
        ("fields=a,b", {"fields": "a,b"}),
        ("fields=a&fields=b", {"fields": "a,b"}),
        ("fields=&fields=b", {"fields": "b"}),
        ("fields=a%2Cb;fields=c", {"fields": "a,b,c"}),
        ("sort=-n&sort=name", {"sort": "-n,name"}),
        ("sort=+status,-n", {"sort": " status,-n"}),
        ("sort=%2Bstatus", {"sort": "+status"}),
        ("offset=1&limit=2", {"offset": "1", "limit": "2"}),
        ("limit=2&limit=2", {"limit": "2"}),
        ("status=x&limit=2", {"limit": "2"}),
        ("limit=2;status=x;offset=4", {"limit": "2", "offset": "4"}),
        ("limit=", {"limit": ""}),
        ("cursor==~x=", {"cursor": "=~x="}),
        ("%6Cimit%3D3", {"limit": "3"}),
    ],
)
def test_control_words_are_told_apart_from_conditions(raw: str, controls: dict[str, str]) -> None:
    assert parse_query(raw).controls == controls


NOTE = "note[?(@.author=='P' && @.text=='t;2')]"
SEARCHED = "note[?(@.text=~/it's;[&]/)]"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f"filter={NOTE}", [NOTE]),
        (f"filter={quote(NOTE)}", [NOTE]),
        (f"filter={quote(NOTE, safe='&;')}", [NOTE]),
        (f"filter={quote_plus(NOTE)}", [NOTE]),
        (f"filter%3D{NOTE}", [NOTE]),
        (f"filter={SEARCHED}", [SEARCHED]),
        (r"filter=note[?(@.text=='\'&\'')]", [r"note[?(@.text=='\'&\'')]"]),
        ('filter=note[?(@.text=="]\'&")]', ['note[?(@.text=="]\'&")]']),
        (f"filter={NOTE}&filter={SEARCHED}", [NOTE, SEARCHED]),
        (f"filter={NOTE};filter={SEARCHED}", [NOTE, SEARCHED]),
    ],
)
def test_separators_within_the_brackets_and_quotes_of_a_filter_belong_to_it(raw: str, expected: list[str]) -> None:
    read = [read_filter(each) for each in expected]
    where = read[0] if len(read) == 1 else Either(tuple(read))
    assert parse_query(raw) == Query(where, {})
    assert parse_query(f"{raw}&n=5&limit=3") == Query(Every((equal("n", "5"), where)), {"limit": "3"})
    assert parse_query(f"limit=3;{raw};n=5") == Query(Every((equal("n", "5"), where)), {"limit": "3"})


def test_a_filter_must_hold_beside_all_groups() -> None:
    either = Either((equal("a", "1"), equal("b", "2")))
    assert parse_query("a=1;b=2&filter=c").where == Every((either, read_filter("c")))


@pytest.mark.parametrize("raw", ["filter=", "filter=note[", "filter=note[?(@.a=='x&limit=3"])
def test_a_filter_that_is_no_json_path_is_refused(raw: str) -> None:
    assert refused(raw).status == 400


@pytest.mark.parametrize("word", UNSUPPORTED)
def test_control_words_that_are_not_offered_are_501(word: str) -> None:
    with pytest.raises(NotSupported, match=f"'{word}' is not supported"):
        parse_query(f"{word}=-n")


def test_no_control_word_is_an_operator_nor_is_one_offered_and_not() -> None:
    assert not set(RESERVED) & set(SUFFIXES)
    assert set(LISTS) < set(CONTROLS)
    assert not set(CONTROLS) & set(UNSUPPORTED)
