# SPDX-License-Identifier: Apache-2.0
"""The filter algebra on plain documents: what is there, elements, lengths, and how predicates join."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query import predicates
from app.domain.query.matching import matches
from app.domain.query.predicates import (
    EVERYTHING,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operator,
    Path,
    Predicate,
)
from tests.unit.filtering import typed


@pytest.mark.parametrize(
    ("document", "path", "there"),
    [
        ({"a": 1}, "a", True),
        ({"a": None}, "a", True),
        ({"a": []}, "a", True),
        ({}, "a", False),
        ({"a": {"b": {}}}, "a.b", True),
        ({"a": "b"}, "a.b", False),
        ({"a": [{}, {"b": None}]}, "a.b", True),
        ({"a": [{}, {}]}, "a.b", False),
        ({"a": []}, "a.b", False),
        ({"a": [1]}, "a.0", True),
        ({"a": [1]}, "a.1", False),
        ({"a": [[{"b": 1}]]}, "a.b", False),
        ({"a": [[{"b": 1}]]}, "a.0.b", True),
    ],
)
def test_a_member_is_there_whatever_it_holds(document: Any, path: str, there: bool) -> None:
    assert matches(typed(path, Operator.EXISTS, True), document) == there
    assert matches(typed(path, Operator.EXISTS, False), document) != there


P_Q = {"note": [{"author": "P", "tag": ["a", "b"]}, {"author": "Q", "tag": [], "nest": [["a"]]}, "plain"]}


@pytest.mark.parametrize(
    ("path", "holds", "expected"),
    [
        ("note", typed("author", Operator.EQ, "P"), True),
        ("note", Every((typed("author", Operator.EQ, "P"), typed("tag", Operator.EQ, "b"))), True),
        ("note", Every((typed("author", Operator.EQ, "Q"), typed("tag", Operator.EQ, "b"))), False),
        ("note", Every((typed("author", Operator.EQ, "Q"), typed("tag", Operator.NE, "b"))), True),
        ("note", typed("", Operator.EQ, "plain"), True),
        ("note", typed("", Operator.EQ, "P"), False),
        ("note", EVERYTHING, True),
        ("note", Negation(typed("author", Operator.EXISTS, True)), True),
        ("note", Every((Negation(typed("author", Operator.EQ, "P")), typed("tag", Operator.EXISTS, True))), True),
        ("note.tag", Negation(typed("x", Operator.EXISTS, False)), False),
        ("note", Either((typed("author", Operator.EQ, "Z"), typed("tag.1", Operator.EQ, "b"))), True),
        ("note.tag", typed("", Operator.REGEX, "^b"), True),
        ("note", Element(("tag",), typed("", Operator.EQ, "b")), True),
        ("note", Element(("nest",), Element((), typed("", Operator.EQ, "a"))), True),
        ("note", Element(("nest",), typed("", Operator.EQ, "a")), False),
        ("note.nest", typed("0", Operator.EQ, "a"), True),
        ("note", Length(("tag",), Operator.EQ, 2), True),
        ("note.author", EVERYTHING, False),
        ("none", EVERYTHING, False),
    ],
)
def test_one_and_the_same_element_is_as_asked(path: str, holds: Predicate, expected: bool) -> None:
    assert matches(Element(tuple(path.split(".")), holds), P_Q) == expected


@pytest.mark.parametrize(
    ("path", "operator", "length", "expected"),
    [
        (("note",), Operator.EQ, 3, True),
        (("note",), Operator.GT, 3, False),
        (("note",), Operator.GTE, 3, True),
        (("note",), Operator.LT, 4, True),
        (("note",), Operator.NE, 3, False),
        (("note",), Operator.NE, 2, True),
        (("note", "tag"), Operator.EQ, 0, True),
        (("note", "author"), Operator.EQ, 1, True),
        (("name",), Operator.EQ, 4, True),
        (("n",), Operator.EQ, 1, False),
        (("n",), Operator.LT, 9, False),
        (("none",), Operator.EQ, 0, False),
        (("none",), Operator.NE, 0, True),
    ],
)
def test_a_length_is_that_of_an_array_or_of_a_text(path: Path, operator: Operator, length: int, expected: bool) -> None:
    assert matches(Length(path, operator, length), {**P_Q, "name": "José", "n": 7}) == expected


@given(st.lists(st.booleans(), max_size=4))
def test_predicates_join_as_in_logic(values: list[bool]) -> None:
    document = {"a": 1}
    parts = tuple(typed("a", Operator.EQ, 1 if value else 2) for value in values)
    assert matches(Every(parts), document) == all(values)
    assert matches(Either(parts), document) == any(values)
    assert matches(Negation(Either(parts)), document) != any(values)


NESTED = Negation(
    Every(
        (
            typed("a", Operator.EQ, 1),
            Element(("b",), Either((typed("c", Operator.EQ, 1), Element((), Length(("d",), Operator.EQ, 1))))),
        )
    )
)


def test_every_comparison_and_every_array_is_told_with_its_whole_path() -> None:
    assert [path for path, _ in predicates.comparisons(NESTED)] == [("a",), ("b", "c"), ("b", "d")]
    assert list(predicates.arrays(NESTED)) == [("b",), ("b",)]


def test_joining_adds_no_more_wrapping_than_it_takes() -> None:
    one, two = typed("a", Operator.EQ, 1), typed("b", Operator.EQ, 2)
    assert predicates.every([]) == EVERYTHING
    assert predicates.every([one]) == predicates.either([one]) == one
    assert predicates.every([Every((one, two)), EVERYTHING, one]) == Every((one, two, one))
    assert predicates.either([Either((one, two)), one]) == Either((one, two, one))
