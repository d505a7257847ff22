"""Conditions as MongoDB filters: they find what plain evaluation finds, and no value becomes an operator."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain import dates
from app.domain.matching import matches
from app.domain.query import Condition
from app.errors import InvalidQuery
from app.storage.filters import Filter, Target, clause, every, field, identified

DAY = datetime(2024, 5, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

moments = st.sampled_from([DAY - MILLISECOND, DAY, DAY + timedelta(hours=12), DAY + timedelta(days=1)])
words = st.sampled_from(["a", "b", "A", "", "a,b", "$a", "1", "true", "a.b", "é", " a"])
numbers = st.sampled_from([0, 1, -1, 1.0, 1.5, 2**53, 2**53 + 1, -(2**63), 2**63 - 1, 1e19])
anything = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "0"]), inner, max_size=2),
    max_leaves=4,
)


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


notes = some(text=words, n=numbers, at=moments, seen=st.lists(moments, max_size=2), open=anything)
documents = some(
    name=words,
    n=numbers,
    alive=st.booleans(),
    at=moments,
    tag=st.lists(words, max_size=3),
    seen=st.lists(moments, max_size=3),
    open=anything,
    note=st.lists(notes, max_size=3),
)

TARGETS = {
    "string": [("name",), ("tag",), ("tag", "0"), ("note", "text"), ("note", "1", "text")],
    "number": [("n",), ("note", "n")],
    "boolean": [("alive",)],
    "date-time": [("at",), ("seen",), ("note", "at"), ("note", "seen"), ("note", "0", "at"), ("note", "0", "seen")],
    "any": [("open",), ("open", "x"), ("open", "0"), ("note", "open"), ("note", "open", "x")],
}
WITHIN = {
    ("seen",): ("seen",),
    ("note", "at"): ("note",),
    ("note", "seen"): ("note", "seen"),
    ("note", "0", "seen"): ("note", "0", "seen"),
}
VALUES = {
    "string": words,
    "number": st.sampled_from(["0", "1", "1.0", "1e0", "-1", "1.5", str(2**53), str(2**53 + 1), str(2**63), "1e19"]),
    "boolean": st.sampled_from(["true", "false"]),
    "date-time": st.sampled_from(
        [
            *("2024-04-30", "2024-05-01", "2024-05-02", "2024-05-03", "9999-12-31"),
            *("2024-05-01T00:00:00Z", "2024-05-01T02:00:00+02:00", "2024-05-01T14:00:00 02:00"),
            *("2024-04-30T23:59:59.999Z", "2024-05-01T12:00:00.000999z"),
        ]
    ),
    "any": words | st.sampled_from(["0", "1.0", "-1", "false", "x", "1_0", "null"]),
}


@st.composite
def conditions(draw: st.DrawFn) -> tuple[Target, list[str]]:
    kind = draw(st.sampled_from(sorted(TARGETS)))
    path = draw(st.sampled_from(TARGETS[kind]))
    values = draw(st.lists(VALUES[kind], min_size=1, max_size=3))
    return Target(".".join(path), path, kind, WITHIN.get(path, ())), values


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


@settings(max_examples=30, deadline=None)
@given(
    kept=st.lists(documents, min_size=5, max_size=40),
    asked=st.lists(st.lists(conditions(), min_size=1, max_size=3), min_size=5, max_size=20),
)
def test_a_filter_finds_what_plain_evaluation_finds(
    collection: Collection[dict[str, Any]], kept: list[dict[str, Any]], asked: list[list[tuple[Target, list[str]]]]
) -> None:
    fill(collection, kept)
    for one in asked:
        wanted = [Condition(target.path, tuple(values)) for target, values in one]
        expected = [number for number, document in enumerate(kept) if matches(wanted, dates.written(document))]
        assert found(collection, every([clause(target, values) for target, values in one])) == expected, wanted


def test_a_day_is_met_by_one_element_not_by_two_that_lie_around_it(collection: Collection[dict[str, Any]]) -> None:
    around = [DAY - timedelta(days=1), DAY + timedelta(days=2)]
    fill(collection, [{"seen": around}, {"note": [{"at": at} for at in around]}, {"note": [{"seen": around}]}])
    for path in (("seen",), ("note", "at"), ("note", "seen")):
        assert found(collection, clause(Target("at", path, "date-time", WITHIN[path]), ["2024-05-01"])) == []


NESTS: list[Any] = ["a", ["a"], [["a"]], [[["a"]]], {"x": "a"}, [{"x": "a"}], [[{"x": "a"}]], {"x": ["a"]}, {"0": "a"}]


@pytest.mark.parametrize("path", ["open", "open.0", "open.0.0", "open.x", "open.0.x", "open.x.0", "open.0.0.x"])
def test_arrays_within_arrays_are_met_as_in_plain_evaluation(collection: Collection[dict[str, Any]], path: str) -> None:
    kept = [{"open": nest} for each in NESTS for nest in (each, [each], {"0": each})]
    fill(collection, kept)
    target = Target(path, tuple(path.split(".")), "any")
    expected = [n for n, document in enumerate(kept) if matches([Condition(target.path, ("a",))], document)]
    assert found(collection, clause(target, ["a"])) == expected
    assert expected


def operators(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, inner in node.items():
            if name.startswith("$"):
                yield name
            yield from operators(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from operators(inner)


@given(st.sampled_from([*TARGETS, "integer", "object"]), st.lists(st.text(max_size=10), min_size=1, max_size=3))
def test_no_value_becomes_an_operator(kind: str, values: list[str]) -> None:
    try:
        made = clause(Target("a", ("a",), kind, ("a",)), values)
    except InvalidQuery:
        return
    assert set(operators(made)) <= {"$eq", "$in", "$or", "$gte", "$lte", "$elemMatch"}
    assert all(name.startswith(("$", "document.a")) for name in made)


@pytest.mark.parametrize("value", ["$where", '{"$gt": ""}', "/a/", "\0", "a.b", "$$ROOT"])
def test_an_odd_value_is_only_compared(collection: Collection[dict[str, Any]], value: str) -> None:
    fill(collection, [{"name": value}, {"name": "other"}, {"name": {"$gt": ""}}])
    for kind in ("string", "any"):
        assert found(collection, clause(Target("name", ("name",), kind), [value])) == [0]


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("boolean", "True", "'a.b' is true or false, not 'True'"),
        ("boolean", "", "'a.b' is true or false, not ''"),
        ("integer", "five", "'a.b' is a number, not 'five'"),
        ("number", "1_0", "'a.b' is a number, not '1_0'"),
        ("number", "NaN", "'a.b' is a number, not 'NaN'"),
        ("number", "9" * 5000, "'a.b' is a number, not '9999"),
        ("date-time", "May", "'a.b' is a date-time: 'May' should be like 2024-05-01T10:00:00Z or 2024-05-01"),
        ("date-time", "2024-05-01T10:00:00", "'a.b' is a date-time: '2024-05-01T10:00:00' should be like"),
        ("date-time", "2023-02-29", "'a.b' is a date-time: '2023-02-29' should be like"),
        ("date-time", "", "'a.b' is a date-time: '' should be like"),
    ],
)
def test_a_value_that_the_attribute_cannot_have_is_refused(kind: str, value: str, told: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        clause(Target("a.b", ("a", "b"), kind), [value])
    assert refused.value.message.startswith(told)
    assert len(refused.value.message) < 200


def test_no_conditions_filter_nothing() -> None:
    assert every([]) == {}
    assert every([{"a": 1}]) == {"a": 1}


def test_documents_are_found_by_their_ids(collection: Collection[dict[str, Any]]) -> None:
    collection.delete_many({})
    collection.insert_many([{"_id": id} for id in ("a", "b", "c")])
    assert found(collection, identified(["a", "c", "nobody"])) == ["a", "c"]
    assert found(collection, identified([])) == []


def test_a_path_of_the_document_has_a_name_in_the_database() -> None:
    assert field(("a", "0", "@type")) == "document.a.0.@type"
