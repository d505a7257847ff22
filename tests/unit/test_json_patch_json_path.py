# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query with JSONPath: what a path reaches, how conditions compare, and what they may not use."""

from typing import Any

import pytest

from app.domain.json_values import equal
from app.errors import InvalidBody, InvalidField
from tests.unit.queries import JOHN, MARY, apply, change, refusal, select


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        pytest.param(
            {"note": [JOHN, MARY]},
            change("replace", "note[?(@.author=='John Doe')].text", "c"),
            {"note": [{"author": "John Doe", "text": "c"}, MARY]},
            id="without the leading $.",
        ),
        pytest.param(
            {"note": [JOHN, MARY]},
            change("add", "note[?(@.author=='John Doe')]", {"text": "c", "id": "1"}),
            {"note": [{"author": "John Doe", "text": "c", "id": "1"}, MARY]},
            id="add merges members into a matched object",
        ),
        pytest.param(
            {"note": [{"author": "John Doe"}, MARY]},
            change("add", "$.note[?(@.author=='John Doe')].text", "c"),
            {"note": [{"author": "John Doe", "text": "c"}, MARY]},
            id="add creates a missing member",
        ),
        pytest.param({"note": [JOHN]}, change("add", "$.note", MARY), {"note": [JOHN, MARY]}, id="add appends"),
        pytest.param(
            {"a": [{"x": 1, "y": 1, "c": 1}, {"x": 1, "y": 3, "c": 1}]},
            change("remove", "$.a[?(@.x==1 && @.y>2)].c"),
            {"a": [{"x": 1, "y": 1, "c": 1}, {"x": 1, "y": 3}]},
            id="several conditions",
        ),
        pytest.param(
            {"a": {"b": [{"x": 1, "y": 3, "c": 1}]}},
            change("replace", "$.a.b[?(@.x==1 && @.y>2)].c", None),
            {"a": {"b": [{"x": 1, "y": 3, "c": None}]}},
            id="below other attributes",
        ),
        pytest.param(
            {"p": [{"value": ["x", "y", "x"]}, {"value": ["z"]}]},
            change("remove", "$.p[*].value[?(@=='x')]"),
            {"p": [{"value": ["y"]}, {"value": ["z"]}]},
            id="scalars",
        ),
        pytest.param(
            {"a": [{"b": [{"c": 1}, {"c": 2}]}, {"b": [{"c": 2}]}]},
            change("remove", "$..b[?(@.c==2)]"),
            {"a": [{"b": [{"c": 1}]}, {"b": []}]},
            id="at any depth",
        ),
        pytest.param(
            {"a": [1, 2, 3, 4]}, change("remove", "$.a[3,0,0]"), {"a": [2, 3]}, id="indexes in any order, once each"
        ),
        pytest.param({"a": [1, 2, 3, 4]}, change("remove", "$.a[-1:0:-1]"), {"a": [1]}, id="slice"),
        pytest.param({"a": 1}, change("add", "$", {"b": 2}), {"a": 1, "b": 2}, id="the document"),
        pytest.param({"a": 1, "b": 2}, change("remove", "$['a']"), {"b": 2}, id="name in brackets"),
        pytest.param({"why?": 1, "b": 2}, change("remove", "$['why?']"), {"b": 2}, id="question mark in a name"),
        pytest.param(
            {"a": [{"@type": "X", "n": 1}, {"@type": "Y", "n": 1}]},
            change("remove", "a[?(@.@type=='Y')].@type"),
            {"a": [{"@type": "X", "n": 1}, {"n": 1}]},
            id="names with @",
        ),
        pytest.param(
            {"a": [{"b": [{"c": 1}]}, {"b": [{"c": 2}]}]},
            change("remove", "$.a[?(@.b[?(@.c==2)])]"),
            {"a": [{"b": [{"c": 1}]}]},
            id="conditions in conditions",
        ),
        pytest.param(
            {"a": [{"n": 9007199254740993}, {"n": 9007199254740992}]},
            change("remove", "$.a[?(@.n==9007199254740993)]"),
            {"a": [{"n": 9007199254740992}]},
            id="long integers",
        ),
        pytest.param({"a": 1}, change("copy", "$.b", **{"from": "$.a"}), {"a": 1, "b": 1}, id="copy"),
        pytest.param({"a": {"b": 1}}, change("move", "$.c", **{"from": "$.a.b"}), {"a": {}, "c": 1}, id="move"),
        pytest.param(
            {"a": [{"id": "1", "n": 5}, {"id": "2"}], "b": 1},
            change("move", "/a/n?id=2", **{"from": "a[?(@.id=='1')].n"}),
            {"a": [{"id": "1"}, {"id": "2", "n": 5}], "b": 1},
            id="move between notations",
        ),
        pytest.param(
            {"a": [{"id": "1"}, {"id": "2"}], "b": []},
            change("move", "$.b", **{"from": "a[?(@.id=='1')]"}),
            {"a": [{"id": "2"}], "b": [{"id": "1"}]},
            id="move to the end of an array",
        ),
        pytest.param(
            {"a": [{"id": "1"}, {"id": "2"}]},
            change("copy", "/first", **{"from": "a[?(@.id=='1')]"}),
            {"a": [{"id": "1"}, {"id": "2"}], "first": {"id": "1"}},
            id="copy to a pointer",
        ),
        pytest.param(
            {"a": [{"id": "1"}, {"id": "2"}], "n": 1},
            change("copy", "$.a[*].n", **{"from": "/n"}),
            {"a": [{"id": "1", "n": 1}, {"id": "2", "n": 1}], "n": 1},
            id="copy to many",
        ),
    ],
)
def test_a_json_path_reaches_what_it_says(document: Any, operation: Any, result: Any) -> None:
    assert equal(apply(document, operation), result)


VALUED = {
    "a": [{"v": 0, "x": 1}, {"v": 1, "x": True}, {"v": 2, "x": "1"}, {"v": 3, "x": None}, {"v": 4}, {"v": 5, "x": 2.5}]
}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("@.x==1", [0]),
        ("@.x==1.0", [0]),
        ("@.x==true", [1]),
        ("@.x!=true", [0, 2, 3, 4, 5]),
        ("@.x=='1'", [2]),
        ("@.x==null", [3]),
        ("@.x", [0, 1, 2, 3, 5]),
        ("!@.x", [4]),
        ("@.x>0", [0, 5]),
        ("@.x<=1", [0]),
        ("@.x<=true", [1]),
        ("@.x==1 || @.x>2", [0, 5]),
        ("@.v>=1 && !(@.x==true)", [2, 3, 4, 5]),
        ("length(@.x)==1", [2]),
        ("@.x =~ /^[0-9]$/", [2]),
        ("@.x=~'1'", [2]),
        ("!(@.x =~ /1/) && @.x > 0", [0, 5]),
    ],
)
def test_conditions_in_a_json_path_compare_json_values(condition: str, found: list[int]) -> None:
    assert select(VALUED, f"$.a[?({condition})]") == found


@pytest.mark.parametrize(
    ("condition", "construct"),
    [
        ("@.author =~ /J.*/m", "/J.*/m"),
        ("match(@.author, 'J.*')", "match"),
        ("search(@.author, 'J.*')", "search"),
        ("@.n==max(@.n)", "max"),
        ("@.author==$.name", "$"),
    ],
)
def test_what_conditions_may_not_use_is_refused_and_named(condition: str, construct: str) -> None:
    refused = refusal({"note": [JOHN]}, change("remove", f"note[?({condition})]"))
    assert isinstance(refused, InvalidField)
    assert refused.code == "24"
    assert refused.message.endswith(f"'{construct}' is not supported in conditions")


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("/^john/", [JOHN, MARY]),
        ("/^john/i", [MARY]),
        ("/[DM]/", []),
        ("/a\\/b/", [JOHN, MARY]),
        ("'Do[et]$'", [MARY]),
        ('"John"', [MARY]),
    ],
)
def test_a_regular_expression_is_searched_for(expression: str, kept: list[Any]) -> None:
    document = {"note": [JOHN, MARY, {"author": "DM"}, {"author": ["DM"]}]}
    after = apply(document, change("add", f"note[?(@.author =~ {expression} || @.author == 'DM')]", {"marked": 1}))
    assert [note for note in after["note"][:2] if "marked" not in note] == kept
    assert "marked" not in after["note"][3]


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("/(a+)+$/", "The regular expression '(a+)+$' repeats a group"),
        ("'('", "The regular expression '(' is refused by RE2"),
        ("5", "write a JSONPath"),
        ("@.text", "write a JSONPath"),
    ],
)
def test_a_regular_expression_that_may_not_be_searched_for_is_refused(expression: str, why: str) -> None:
    refused = refusal({"note": [JOHN]}, change("remove", f"note[?(@.author =~ {expression})]"))
    assert isinstance(refused, InvalidBody)
    assert refused.message.startswith(f"Operation 0 (remove note[?(@.author =~ {expression})]): {why}")


def test_a_text_that_looks_like_a_regular_expression_is_a_text() -> None:
    for text in ("=~ $", "/x/", "=~ /x/"):
        assert apply({"note": [{"text": text}]}, change("remove", f"note[?(@.text=='{text}')]")) == {"note": []}


def test_many_ways_to_one_value_are_one() -> None:
    nested: Any = ["x"]
    for _ in range(20):
        nested = [nested]
    emptied = apply({"a": nested}, change("remove", "$.a" + "[*,*,0]" * 21))["a"]
    for _ in range(20):
        emptied = emptied[0]
    assert emptied == []
