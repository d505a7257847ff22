# SPDX-License-Identifier: Apache-2.0
"""Tests of documents as MongoDB filters: what they find, what is refused, and that no value becomes an operator."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain.query.attributes import ANYTHING, Attribute
from app.domain.query.matching import matches
from app.domain.query.normal_form import MOST, alternatives
from app.domain.query.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operator,
    Path,
    Predicate,
)
from app.domain.query.resolution import resolve
from app.errors import InvalidQuery, NotSupported
from app.storage.documents import elements
from app.storage.documents.filters import (
    MOST_CHARACTERS,
    MOST_ELEMENTS,
    Filter,
    Target,
    any_of,
    clause,
    every,
    field,
    is_search,
    length_filter,
    none_of,
)
from app.storage.documents.rows import id_filter

DAY = datetime(2024, 5, 1, tzinfo=UTC)
KINDS = ("string", "number", "integer", "boolean", "date-time", "any", "object")
EQ, NE, GT, GTE, LT, LTE, REGEX, EXISTS = Operator


def target(path: str, kind: str, within: str = "", array: bool = False) -> Target:
    inner = ("document", *within.split(".")) if within else ()
    return Target(path, ("document", *path.split(".")), kind, inner, array)


def read(predicate: Predicate, path: str, kind: str) -> Any:
    """`predicate` where an attribute of that kind is declared at `path`."""
    return resolve(predicate, containing(path.split("."), kind))


def containing(path: list[str], kind: str) -> Attribute:
    """An attribute with one of that kind at `path`; what is within one of any kind needs no declaration."""
    if not path:
        return Attribute(kind, False, dict)
    inner = ANYTHING if kind == "any" else containing(path[1:], kind)
    return Attribute("object", False, lambda: {path[0]: inner})


def compared(path: str, kind: str, operator: Operator, *values: Any, typed: bool = False, within: str = "") -> Filter:
    condition = Condition(tuple(path.split(".")), operator, values, typed)
    return clause(target(path, kind, within), read(condition, path, kind))


def sized(path: str, kind: str, operator: Operator, number: int, array: bool = False) -> Filter:
    return length_filter(target(path, kind, array=array), Length(tuple(path.split(".")), operator, number))


@pytest.fixture(scope="module")
def collection(mongo: MongoClient[dict[str, Any]], database_name: str) -> Iterator[Collection[dict[str, Any]]]:
    """A collection of these tests alone."""
    yield mongo[database_name]["filtered"]
    mongo[database_name]["filtered"].drop()


def found(collection: Collection[dict[str, Any]], criteria: Filter) -> list[Any]:
    return [row["_id"] for row in collection.find(criteria, {"_id": 1}, sort=[("_id", 1)])]


def fill(collection: Collection[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    collection.delete_many({})
    collection.insert_many([{"_id": number, "document": document} for number, document in enumerate(kept)])


@pytest.mark.parametrize(
    ("operator", "values", "numbers"),
    [
        (EQ, ["5"], [1]),
        (EQ, ["5", "7"], [1, 2]),
        (NE, ["5"], [0, 2, 3]),
        (NE, ["5", "7"], [0, 3]),
        (GT, ["5"], [2, 3]),
        (GTE, ["5"], [1, 2, 3]),
        (LT, ["7"], [1]),
        (LTE, ["7"], [1, 2]),
        (GT, ["7", "5"], [2, 3]),
        (EXISTS, [True], [1, 2, 3]),
        (EXISTS, [False], [0]),
    ],
)
def test_numbers_are_compared_as_numbers(
    collection: Collection[dict[str, Any]], operator: Operator, values: list[Any], numbers: list[int]
) -> None:
    fill(collection, [{}, {"n": 5}, {"n": 7}, {"n": 10}])
    assert found(collection, compared("n", "integer", operator, *values)) == numbers


@pytest.mark.parametrize(
    ("operator", "value", "numbers"),
    [
        (EQ, "2024-05-01", [1, 2]),
        (NE, "2024-05-01", [0, 3]),
        (GT, "2024-05-01", [3]),
        (GTE, "2024-05-01", [1, 2, 3]),
        (LT, "2024-05-01", [0]),
        (LTE, "2024-05-01", [0, 1, 2]),
        (GT, "2024-05-01T12:00:00Z", [3]),
        (LTE, "2024-05-01T14:00:00+02:00", [0, 1, 2]),
        (LTE, "2024-05-01T14:00:00 02:00", [0, 1, 2]),
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_date_times_are_compared_as_instants_and_a_bare_date_is_that_whole_day_in_utc(
    collection: Collection[dict[str, Any]], operator: Operator, value: str, numbers: list[int], typed: bool
) -> None:
    hours = (-1, 0, 12, 24)
    fill(collection, [{"at": DAY + timedelta(hours=each)} for each in hours])
    assert found(collection, compared("at", "date-time", operator, value, typed=typed)) == numbers


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([None], [0]),
        ([5], [3]),
        (["5"], [4]),
        ([True], [2]),
        ([None, 5], [0, 3]),
        ([1], []),
    ],
)
def test_a_typed_value_equals_only_its_own_type(
    collection: Collection[dict[str, Any]], values: list[Any], numbers: list[int]
) -> None:
    fill(collection, [{"open": None}, {}, {"open": True}, {"open": 5}, {"open": "5"}])
    assert found(collection, compared("open", "any", EQ, *values, typed=True)) == numbers
    other = [number for number in range(5) if number not in numbers]
    assert found(collection, compared("open", "any", NE, *values, typed=True)) == other


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("string", 5, "'a' is a text, not '5'; write it in quotes"),
        ("string", True, "'a' is a text, not 'true'"),
        ("number", "5", "'a' is a number, not '5'"),
        ("number", True, "'a' is a number, not 'true'"),
        ("boolean", "true", "'a' is true or false, not 'true'"),
        ("boolean", 1, "'a' is true or false, not '1'"),
        ("date-time", 5, "'a' is a date-time, not '5'; write it like 2024-05-01T10:00:00Z or 2024-05-01"),
        ("object", 5, "'a' is an object; compare an attribute within it, as a.<attribute>"),
    ],
)
@pytest.mark.parametrize("operator", [EQ, NE])
def test_a_typed_value_of_another_type_is_refused(kind: str, value: Any, told: str, operator: Operator) -> None:
    with pytest.raises(InvalidQuery) as refused:
        compared("a", kind, operator, value, typed=True)
    assert refused.value.message.startswith(told)


@pytest.mark.parametrize("value", [None, True])
def test_what_has_no_order_is_not_before_or_behind_anything(collection: Collection[dict[str, Any]], value: Any) -> None:
    fill(collection, [{"open": each} for each in (None, False, True, 1)] + [{}])
    assert found(collection, compared("open", "any", GTE, value, typed=True)) == []


@pytest.mark.parametrize(("value", "numbers"), [("5", [1, 2, 4]), ("b", [2])])
def test_where_anything_may_be_a_text_is_compared_with_the_type_that_it_finds(
    collection: Collection[dict[str, Any]], value: str, numbers: list[int]
) -> None:
    fill(collection, [{"open": each} for each in (4, 6, "c", True, "6")])
    assert found(collection, compared("open", "any", GT, value)) == numbers


@pytest.mark.parametrize(
    ("patterns", "numbers"),
    [(["kaf"], [0]), (["^kaf"], []), (["R$"], [1]), (["r$"], [0]), (["(?i)R$"], [0, 1]), (["^O", "^5"], [0, 1, 2])],
)
def test_an_expression_is_found_in_texts(
    collection: Collection[dict[str, Any]], patterns: list[str], numbers: list[int]
) -> None:
    fill(collection, [{"name": each} for each in ("Okafor", "OR", "5", 5, None, "r\n")])
    assert found(collection, compared("name", "string", REGEX, *patterns)) == numbers


@pytest.mark.parametrize(
    ("operator", "number", "numbers"),
    [
        (EQ, 2, [2, 5]),
        (EQ, 0, [0, 3]),
        (EQ, -1, []),
        (NE, 2, [0, 1, 3, 4, 6]),
        (GT, 1, [2, 5]),
        (GT, -5, [0, 1, 2, 3, 4, 5]),
        (GTE, 0, [0, 1, 2, 3, 4, 5]),
        (LT, 1, [0, 3]),
        (LT, 0, []),
        (LTE, 1, [0, 1, 3, 4]),
    ],
)
def test_a_length_is_that_of_an_array_or_of_a_text(
    collection: Collection[dict[str, Any]], operator: Operator, number: int, numbers: list[int]
) -> None:
    kept: list[Any] = ["", "a", "é\n", [], ["abc"], [["a"], 1]]
    fill(collection, [*({"open": each} for each in kept), {}])
    assert found(collection, sized("open", "any", operator, number)) == numbers
    texts, arrays = [n for n in numbers if n < 3], [n for n in numbers if 3 <= n < 6]
    assert [n for n in found(collection, sized("open", "string", operator, number)) if n < 3] == texts
    assert [
        n for n in found(collection, sized("open", "string", operator, number, array=True)) if n in (3, 4, 5)
    ] == arrays


def test_a_day_is_met_by_one_element_not_by_two_that_lie_around_it(collection: Collection[dict[str, Any]]) -> None:
    around = [DAY - timedelta(days=1), DAY + timedelta(days=2)]
    fill(collection, [{"seen": around}, {"note": [{"at": at} for at in around]}, {"note": [{"seen": around}]}])
    for number, (path, within) in enumerate([("seen", "seen"), ("note.at", "note"), ("note.seen", "note.seen")]):
        assert found(collection, compared(path, "date-time", EQ, "2024-05-01", within=within)) == []
        assert number in found(collection, compared(path, "date-time", NE, "2024-05-01", within=within))


NESTS: list[Any] = ["a", ["a"], [["a"]], [[["a"]]], {"x": "a"}, [{"x": "a"}], [[{"x": "a"}]], {"x": ["a"]}, {"0": "a"}]


@pytest.mark.parametrize("path", ["open", "open.0", "open.0.0", "open.x", "open.0.x", "open.x.0", "open.0.0.x"])
def test_arrays_within_arrays_are_met_as_in_plain_evaluation(collection: Collection[dict[str, Any]], path: str) -> None:
    kept = [{"open": nest} for each in NESTS for nest in (each, [each], {"0": each})]
    fill(collection, kept)
    condition = Condition(tuple(path.split(".")), EQ, ("a",))
    expected = [number for number, document in enumerate(kept) if matches(condition, document)]
    assert found(collection, clause(target(path, "any"), read(condition, path, "any"))) == expected
    assert expected


THIS: Path = ()
X, Y, Z = (Condition(THIS, EQ, (text,), typed=True, resolved=True) for text in "xyz")


def of_elements(kind: str, holds: Predicate) -> Filter:
    """The filter on an array of which an element is itself as `holds` says."""
    met = [each for group in alternatives(holds) for each in elements.operators(group, kind, "tag")]
    return any_of([{"document.tag": {"$elemMatch": each}} for each in met])


@pytest.mark.parametrize(
    ("kind", "holds", "numbers"),
    [
        ("string", X, [1, 2]),
        ("string", Either((X, Z)), [1, 2, 4]),
        ("string", Negation(X), [2, 3, 4]),
        ("string", Every((Negation(X), Condition(THIS, NE, ("y",), typed=True))), [4]),
        ("string", Negation(Either((X, Y))), [4]),
        ("string", Negation(Every((X, Y))), [1, 2, 3, 4]),
        ("string", Every((X, Y)), None),
        ("string", Every(), [1, 2, 3, 4]),
        ("string", Every((Condition(THIS, REGEX, ("^[xy]$",)), Negation(X))), [2, 3]),
        ("string", Negation(Condition(THIS, REGEX, ("[xy]",))), [4]),
        ("string", Length(THIS, GT, 1), [4]),
        ("string", Negation(Length(THIS, GT, 1)), [1, 2, 3, 4]),
        ("string", Every((Condition(THIS, GT, ("x",)), Condition(THIS, LT, ("z",)))), [2, 3]),
        ("string", Condition(THIS, EXISTS, (True,), typed=True), [1, 2, 3, 4]),
        ("string", Every((Condition(THIS, GT, ("x",)), Condition(THIS, GT, ("y",)))), None),
        ("string", Every((X, Element(("a",), X))), None),
        ("string", Every((X, Condition(("a",), EQ, ("x",)))), None),
        ("any", Length(THIS, GT, 1), None),
    ],
)
def test_an_element_itself_is_compared(
    collection: Collection[dict[str, Any]], kind: str, holds: Predicate, numbers: list[int] | None
) -> None:
    fill(collection, [{"tag": tag} for tag in ([], ["x"], ["x", "y"], ["y"], ["z", "zz"])])
    if numbers is None:
        with pytest.raises(NotSupported, match="'tag'"):
            of_elements(kind, holds)
        return
    assert found(collection, of_elements(kind, holds)) == numbers


def test_alternatives_beyond_number_are_refused() -> None:
    choices = Every((Either((X, Y)),) * 20)
    with pytest.raises(InvalidQuery, match=f"more than {MOST} alternatives"):
        alternatives(choices)


def operators(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, inner in node.items():
            if name.startswith("$"):
                yield name
            yield from operators(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from operators(inner)


@given(
    st.sampled_from(KINDS),
    st.sampled_from([EQ, NE, GT, GTE, LT, LTE, REGEX]),
    st.lists(st.text(max_size=10), min_size=1, max_size=3),
)
def test_no_value_becomes_an_operator(kind: str, operator: Operator, values: list[str]) -> None:
    try:
        made = compared("a", kind, operator, *values, within="a")
    except InvalidQuery:
        return
    allowed = {"$eq", "$in", "$or", "$nor", "$gt", "$gte", "$lt", "$lte", "$elemMatch", "$regex"}
    assert set(operators(made)) <= allowed
    assert all(name.startswith(("$or", "$nor", "document.a")) for name in made)


@pytest.mark.parametrize("value", ["$where", '{"$gt": ""}', "/a/", "\0", "a.b", "$$ROOT"])
def test_an_odd_value_is_only_compared(collection: Collection[dict[str, Any]], value: str) -> None:
    fill(collection, [{"name": value}, {"name": "other"}, {"name": {"$gt": ""}}])
    for kind in ("string", "any"):
        assert found(collection, compared("name", kind, EQ, value)) == [0]


@pytest.mark.parametrize(
    ("kind", "operator", "value", "told"),
    [
        ("boolean", EQ, "True", "'a.b' is true or false, not 'True'"),
        ("boolean", NE, "", "'a.b' is true or false, not ''"),
        ("boolean", GT, "true", "'a.b' is a boolean and has no order; compare it with '=' or '.ne'"),
        ("boolean", REGEX, "true", "'a.b' is a boolean; regular expressions are for text"),
        ("object", EQ, "x", "'a.b' is an object; compare an attribute within it, as a.b.<attribute>"),
        ("object", LTE, "x", "'a.b' is an object; compare an attribute within it, as a.b.<attribute>"),
        ("object", REGEX, "x", "'a.b' is an object; regular expressions are for text"),
        ("integer", EQ, "five", "'a.b' is a number, not 'five'"),
        ("integer", REGEX, "5", "'a.b' is an integer; regular expressions are for text"),
        ("number", LT, "1_0", "'a.b' is a number, not '1_0'"),
        ("number", EQ, "NaN", "'a.b' is a number, not 'NaN'"),
        ("number", EQ, "9" * 5000, "'a.b' is a number, not '9999"),
        ("date-time", EQ, "May", "'a.b' is a date-time: 'May' should be like 2024-05-01T10:00:00Z or 2024-05-01"),
        ("date-time", GT, "2024-05-01T10:00:00", "'a.b' is a date-time: '2024-05-01T10:00:00' should be like"),
        ("date-time", EQ, "2023-02-29", "'a.b' is a date-time: there is no day 2023-02-29"),
        ("date-time", EQ, "", "'a.b' is a date-time: '' should be like"),
        ("date-time", REGEX, "2024", "'a.b' is a date-time; regular expressions are for text"),
    ],
)
def test_a_comparison_that_the_attribute_cannot_have_is_refused(
    kind: str, operator: Operator, value: str, told: str
) -> None:
    with pytest.raises(InvalidQuery) as refused:
        compared("a.b", kind, operator, value)
    assert refused.value.message.startswith(told)
    assert len(refused.value.message) < 200


def test_a_typed_text_that_is_no_date_time_is_refused_for_a_date_time() -> None:
    with pytest.raises(InvalidQuery, match="should be like 2024-05-01"):
        compared("a", "date-time", EQ, "May", typed=True)


@pytest.mark.parametrize(
    ("kind", "array", "number", "told"),
    [
        ("number", False, 1, "'a' has no length: it is neither an array nor a text"),
        ("date-time", False, 1, "'a' has no length"),
        ("object", False, 1, "'a' has no length"),
        ("string", False, MOST_CHARACTERS + 1, "compare the length of a text with at most 65535"),
        ("object", True, MOST_ELEMENTS + 1, "ask for arrays of at most 1000 elements, or for longer ones"),
    ],
)
def test_a_length_that_nothing_can_have_is_refused(kind: str, array: bool, number: int, told: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        sized("a", kind, LTE, number, array)
    assert told in refused.value.message


def test_an_array_may_be_asked_to_be_longer_than_any_that_is_there(collection: Collection[dict[str, Any]]) -> None:
    fill(collection, [{"tag": ["a"] * 1500}, {"tag": []}])
    assert found(collection, sized("tag", "string", GT, 1499, array=True)) == [0]
    assert found(collection, sized("tag", "string", GT, 10**9, array=True)) == []


@pytest.mark.parametrize("length", [0, 1, 4000, MOST_CHARACTERS])
def test_texts_are_measured_however_long_they_are(collection: Collection[dict[str, Any]], length: int) -> None:
    fill(collection, [{"name": "é" * length}, {"name": "é" * (length + 1)}])
    assert found(collection, sized("name", "string", EQ, length)) == [0]
    assert found(collection, sized("name", "string", LTE, length)) == [0]
    assert found(collection, sized("name", "string", GTE, length)) == [0, 1]


def test_no_conditions_filter_nothing() -> None:
    assert every([]) == {}
    assert every([{"a": 1}]) == {"a": 1}
    assert none_of([]) == {}


def test_of_no_choices_none_holds(collection: Collection[dict[str, Any]]) -> None:
    fill(collection, [{}])
    assert found(collection, any_of([])) == []


def test_documents_are_found_by_their_ids(collection: Collection[dict[str, Any]]) -> None:
    collection.delete_many({})
    collection.insert_many([{"_id": id} for id in ("a", "b", "c")])
    assert found(collection, id_filter(["a", "c", "nobody"])) == ["a", "c"]
    assert found(collection, id_filter([])) == []


def test_a_path_of_the_document_has_a_name_in_the_database() -> None:
    assert field(("a", "0", "@type")) == "document.a.0.@type"


def test_one_value_is_compared_by_equality_so_that_an_index_serves_it() -> None:
    assert compared("status", "string", EQ, "x") == {"document.status": {"$eq": "x"}}
    both = every([compared("status", "string", EQ, "x"), compared("n", "number", EQ, "5")])
    assert both == {"$and": [{"document.status": {"$eq": "x"}}, {"document.n": {"$eq": 5}}]}


def test_a_search_for_an_expression_is_told_from_other_filters() -> None:
    expression, value = compared("a", "string", REGEX, "x"), compared("a", "string", EQ, "$regex", "x")
    assert is_search(expression)
    assert is_search(none_of([every([value, {"document.note": {"$elemMatch": expression}}])]))
    assert not is_search(every([value, value]))
