"""Reading a query string: conditions and control words, percent-encoding, and what is refused."""

from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query import CONTROLS, DEEPEST, OPERATORS, UNSUPPORTED, Condition, Path, Query, is_index, parse_query
from app.errors import InvalidQuery, NotSupported

Encoding = Callable[[str], str]

SPECIAL = frozenset({*CONTROLS, *UNSUPPORTED})
texts = st.text(max_size=12).filter(lambda text: not text.startswith("~"))
names = st.from_regex(r"@?[a-z][a-zA-Z]{0,8}", fullmatch=True).filter(
    lambda name: name not in SPECIAL and name not in (*OPERATORS, "eq")
)
paths = st.lists(names, min_size=1, max_size=4).map(tuple)
encodings = st.sampled_from([lambda text: quote(text, safe=""), quote_plus])


def conditions(raw: str) -> dict[str, tuple[str, ...]]:
    return {condition.name: condition.values for condition in parse_query(raw).conditions}


@given(paths, texts, encodings)
def test_any_text_that_is_percent_encoded_comes_through(path: Path, text: str, encoded: Encoding) -> None:
    raw = f"{encoded('.'.join(path))}={encoded(text)}"
    assert parse_query(raw) == Query((Condition(path, (text,)),), {})


@given(paths, st.lists(texts, min_size=1, max_size=4), encodings)
def test_a_comma_or_a_repetition_gives_one_attribute_several_values(
    path: Path, values: list[str], encoded: Encoding
) -> None:
    name = ".".join(path)
    expected = Query((Condition(path, tuple(values)),), {})
    assert parse_query(f"{name}={','.join(map(encoded, values))}") == expected
    assert parse_query("&".join(f"{name}={encoded(value)}" for value in values)) == expected


@given(paths, texts)
def test_the_suffix_eq_says_what_goes_without_saying(path: Path, text: str) -> None:
    name, value = ".".join(path), quote(text, safe="")
    assert parse_query(f"{name}.eq={value}") == parse_query(f"{name}={value}") == parse_query(f"{name}=={value}")


@given(st.dictionaries(paths, texts, max_size=4))
def test_every_attribute_becomes_one_condition_in_its_order(asked: dict[Path, str]) -> None:
    raw = "&".join(f"{'.'.join(path)}={quote(text, safe='')}" for path, text in asked.items())
    assert parse_query(raw).conditions == tuple(Condition(path, (text,)) for path, text in asked.items())


@given(st.text("&=;,%~<>*.$@+ abz047E\0é", max_size=20) | st.text(max_size=20))
def test_whatever_the_query_string_it_is_understood_or_refused(raw: str) -> None:
    try:
        read = parse_query(raw)
    except (InvalidQuery, NotSupported):
        return
    for condition in read.conditions:
        assert condition.values
        assert all(segment and not segment.startswith("$") and "\0" not in segment for segment in condition.path)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", {}),
        ("&&", {}),
        ("status=", {"status": ("",)}),
        ("status=x", {"status": ("x",)}),
        ("status=x,y", {"status": ("x", "y")}),
        ("status=x%2Cy", {"status": ("x,y",)}),
        ("status=x%2cy,z", {"status": ("x,y", "z")}),
        ("status=a%3Bb%26c%3Dd", {"status": ("a;b&c=d",)}),
        ("status=x&status=y", {"status": ("x", "y")}),
        ("%40type=Individual", {"@type": ("Individual",)}),
        ("name=Ann+Lee", {"name": ("Ann Lee",)}),
        ("name=Ann%2BLee", {"name": ("Ann+Lee",)}),
        ("name=Jos%C3%A9", {"name": ("José",)}),
        ("name=a%3Db=c", {"name": ("a=b=c",)}),
        ("note.author=P&note.text=t2", {"note.author": ("P",), "note.text": ("t2",)}),
        ("status=x&status.eq=y", {"status": ("x", "y")}),
        ("limit.eq=5", {"limit": ("5",)}),
        ("eq=5", {"eq": ("5",)}),
        ("note.0.text=t", {"note.0.text": ("t",)}),
    ],
)
def test_conditions_are_read_as_tmf630_means_them(raw: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert conditions(raw) == expected


@pytest.mark.parametrize(
    ("raw", "controls"),
    [
        ("fields=a,b", {"fields": "a,b"}),
        ("fields=a&fields=b", {"fields": "a,b"}),
        ("fields=&fields=b", {"fields": "b"}),
        ("offset=1&limit=2", {"offset": "1", "limit": "2"}),
        ("limit=2&limit=2", {"limit": "2"}),
        ("status=x&limit=2", {"limit": "2"}),
        ("limit=", {"limit": ""}),
    ],
)
def test_control_words_are_told_apart_from_conditions(raw: str, controls: dict[str, str]) -> None:
    assert parse_query(raw).controls == controls


@pytest.mark.parametrize(
    "raw",
    [
        *("n%3E5&n%3C10", "n>5", "n<10", "n>=5", "n%3E=5", "n<=5", "n*=x", "status=~%5Ex", "status=%7E%5Ex"),
        *("status=%7e%5Ex", "status=x;n=10", "n%3C6;n%3E9", "status", "?", "status=x;"),
    ],
)
def test_what_is_no_equality_is_refused_with_how_to_write_one(raw: str) -> None:
    with pytest.raises(InvalidQuery, match=r"Only equality is supported: write '.*=value'"):
        parse_query(raw)


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_suffix_that_is_not_offered_is_named(operator: str) -> None:
    with pytest.raises(InvalidQuery, match=rf"operator '\.{operator}' is not supported.*'a\.n=value'"):
        parse_query(f"a.n.{operator}=5")


@pytest.mark.parametrize("word", UNSUPPORTED)
def test_control_words_that_are_not_offered_are_501(word: str) -> None:
    with pytest.raises(NotSupported, match=f"'{word}' is not supported"):
        parse_query(f"{word}=-n")


@pytest.mark.parametrize("name", ["$where", "a.$gt", "%24where", "a..b", ".a", "a.", ".", "", "a%00b", ".eq"])
def test_what_is_no_name_of_an_attribute_is_refused(name: str) -> None:
    with pytest.raises(InvalidQuery, match="is not the name of an attribute"):
        parse_query(f"{name}=1")


def test_a_path_deeper_than_any_attribute_is_refused() -> None:
    assert len(parse_query(f"{'a.' * (DEEPEST - 1)}a=1").conditions[0].path) == DEEPEST
    with pytest.raises(InvalidQuery, match=f"leads through more than {DEEPEST} names"):
        parse_query(f"{'a.' * DEEPEST}a=1")


def test_paging_given_twice_with_different_values_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="'limit' is given twice"):
        parse_query("limit=1&limit=2")


def test_a_long_name_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse_query("$" * 5000 + "=1")
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(("segment", "is_one"), [("0", True), ("12", True), ("01", False), ("²", False), ("٣", False)])
def test_only_a_plain_number_addresses_an_element(segment: str, is_one: bool) -> None:
    assert is_index(segment) == is_one


@pytest.mark.parametrize("raw", ["name=%FF", "%FF=x", "name=a,%C3"])
def test_what_is_not_utf_8_is_refused(raw: str) -> None:
    with pytest.raises(InvalidQuery, match="percent-encoded UTF-8"):
        parse_query(raw)
