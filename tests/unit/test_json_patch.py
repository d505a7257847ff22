# SPDX-License-Identifier: Apache-2.0
"""JSON Patch: the cases of RFC 6902, appendix A, its laws, its errors and its bounds."""

import contextlib
import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_values import equal
from app.domain.media_types import JSON_PATCH
from app.domain.patching import apply_patch
from app.errors import BadRequest, Conflict, InvalidBody, InvalidField, TmfError

NAMES = st.sampled_from(["a", "b", "", "a/b", "m~n", "0", "-", "@type"])
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2, width=16) | st.text("ab/~", max_size=2)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)
PATHS = st.lists(NAMES | st.sampled_from(["1", "01", "~", "x"]), max_size=3).map(
    lambda parts: "".join(f"/{p}" for p in parts)
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": PATHS},
    optional={"value": VALUES, "from": PATHS},
)


def apply(document: dict[str, Any], *operations: Any) -> dict[str, Any]:
    return apply_patch(document, list(operations), JSON_PATCH)


def refusal(document: dict[str, Any], patch: Any) -> TmfError:
    with pytest.raises(TmfError) as refused:
        apply_patch(document, patch, JSON_PATCH)
    return refused.value


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        pytest.param({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"},
                     {"baz": "qux", "foo": "bar"}, id="A.1"),
        pytest.param({"foo": ["bar", "baz"]}, {"op": "add", "path": "/foo/1", "value": "qux"},
                     {"foo": ["bar", "qux", "baz"]}, id="A.2"),
        pytest.param({"baz": "qux", "foo": "bar"}, {"op": "remove", "path": "/baz"}, {"foo": "bar"}, id="A.3"),
        pytest.param({"foo": ["bar", "qux", "baz"]}, {"op": "remove", "path": "/foo/1"},
                     {"foo": ["bar", "baz"]}, id="A.4"),
        pytest.param({"baz": "qux", "foo": "bar"}, {"op": "replace", "path": "/baz", "value": "boo"},
                     {"baz": "boo", "foo": "bar"}, id="A.5"),
        pytest.param({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
                     {"op": "move", "from": "/foo/waldo", "path": "/qux/thud"},
                     {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}, id="A.6"),
        pytest.param({"foo": ["all", "grass", "cows", "eat"]}, {"op": "move", "from": "/foo/1", "path": "/foo/3"},
                     {"foo": ["all", "cows", "eat", "grass"]}, id="A.7"),
        pytest.param({"baz": "qux", "foo": ["a", 2, "c"]}, {"op": "test", "path": "/foo/1", "value": 2},
                     {"baz": "qux", "foo": ["a", 2, "c"]}, id="A.8"),
        pytest.param({"foo": "bar"}, {"op": "add", "path": "/child", "value": {"grandchild": {}}},
                     {"foo": "bar", "child": {"grandchild": {}}}, id="A.10"),
        pytest.param({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux", "xyz": 123},
                     {"foo": "bar", "baz": "qux"}, id="A.11"),
        pytest.param({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"/": 9, "~1": 10}, id="A.14"),
        pytest.param({"foo": ["bar"]}, {"op": "add", "path": "/foo/-", "value": ["abc", "def"]},
                     {"foo": ["bar", ["abc", "def"]]}, id="A.16"),
        pytest.param({"a": {"b": 1}}, {"op": "copy", "from": "/a", "path": "/c"},
                     {"a": {"b": 1}, "c": {"b": 1}}, id="copy"),
        pytest.param({"a": 1}, {"op": "replace", "path": "/a", "value": None}, {"a": None}, id="null"),
        pytest.param({"a": 1}, {"op": "replace", "path": "", "value": {"b": 2}}, {"b": 2}, id="whole document"),
    ],
)  # fmt: skip
def test_the_cases_of_rfc_6902_come_out_as_it_says(document: Any, operation: Any, result: Any) -> None:
    assert equal(apply(document, operation), result)


@pytest.mark.parametrize(
    ("document", "operation", "named"),
    [
        pytest.param({"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}, "another value there", id="A.9"),
        pytest.param({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": "qux"}, "nowhere", id="A.12"),
        pytest.param({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": "10"}, "another value", id="A.15"),
        pytest.param({"a": 1}, {"op": "test", "path": "/b", "value": None}, "or none", id="test of nothing"),
        pytest.param({"a": 1}, {"op": "remove", "path": "/b"}, "nowhere", id="remove nothing"),
        pytest.param({"a": 1}, {"op": "replace", "path": "/b", "value": 1}, "nowhere", id="replace nothing"),
        pytest.param({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}, "nowhere", id="beyond the end"),
        pytest.param({"a": [1]}, {"op": "replace", "path": "/a/-", "value": 1}, "nowhere", id="the end"),
        pytest.param({"a": [1]}, {"op": "add", "path": "/a/01", "value": 1}, "nowhere", id="leading zero"),
        pytest.param({"a": [1]}, {"op": "remove", "path": "/a/" + "9" * 900}, "nowhere", id="huge index"),
        pytest.param({"a": 1}, {"op": "copy", "from": "/b", "path": "/c"}, "nowhere", id="copy nothing"),
        pytest.param({"a": {"b": 1}}, {"op": "move", "from": "/a", "path": "/a/b"}, "may not", id="into itself"),
        pytest.param({"a": 1}, {"op": "remove", "path": ""}, "may not", id="remove all"),
    ],
)
def test_what_does_not_fit_the_document_conflicts_and_is_named(document: Any, operation: Any, named: str) -> None:
    refused = refusal(document, [{"op": "test", "path": "", "value": document}, operation])
    assert isinstance(refused, Conflict)
    assert (refused.status, refused.code) == (409, "69")
    assert refused.message.startswith(f"Operation 1 ({operation['op']} ")
    assert named in refused.message
    assert operation["path"][:90] in refused.message


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (None, "must be an array of operations"),
        ({"op": "remove", "path": "/a"}, "must be an array of operations"),
        ("remove", "must be an array of operations"),
        (["remove"], "Operation 0 must be an object"),
        ([{"op": "remove", "path": "/a"}, None], "Operation 1 must be an object"),
        ([{"path": "/a"}], "Operation 0 has no 'op'"),
        ([{"op": ["add"], "path": "/a"}], "Operation 0: 'op' must be a text"),
        ([{"op": "remove"}], "Operation 0 has no 'path'"),
        ([{"op": "remove", "path": 1}], "Operation 0: 'path' must be a text"),
        ([{"op": "remove", "path": "a"}], "JSON Pointer"),
        ([{"op": "remove", "path": "/a~2"}], "JSON Pointer"),
        ([{"op": "add", "path": "/a"}], "Operation 0 (add) has no 'value'"),
        ([{"op": "replace", "path": "/a"}], "Operation 0 (replace) has no 'value'"),
        ([{"op": "test", "path": "/a"}], "Operation 0 (test) has no 'value'"),
        ([{"op": "move", "path": "/a"}], "Operation 0 has no 'from'"),
        ([{"op": "copy", "path": "/a", "from": 1}], "Operation 0: 'from' must be a text"),
        ([{"op": "copy", "path": "/a", "from": "b"}], "JSON Pointer"),
        ([{"op": "remove", "path": "/" + "a" * 1000}], "1001 characters"),
        ([{"op": "remove", "path": "/a"}] * 1001, "1001 operations"),
    ],
)
def test_a_malformed_patch_is_refused_before_anything_else(patch: Any, message: str) -> None:
    if isinstance(patch, list) and len(patch) == 1:
        patch = [*patch, {"op": "test", "path": "/a", "value": "what it is not"}]
    refused = refusal({"a": 1}, patch)
    assert isinstance(refused, InvalidBody)
    assert (refused.status, refused.code) == (400, "22")
    assert message in refused.message


@pytest.mark.parametrize("name", ["delete", "append", "Add", "", "x" * 900])
def test_an_unknown_operation_is_refused_with_the_known_ones(name: str) -> None:
    refused = refusal({"a": 1}, [{"op": name, "path": "/a", "value": 1}])
    assert isinstance(refused, InvalidField)
    assert refused.code == "24"
    assert refused.message.endswith("the operations are add, copy, move, remove, replace, test")
    assert len(refused.message) < 200


@pytest.mark.parametrize("value", [None, 1, "a", [], [{}]])
def test_a_document_stays_an_object(value: Any) -> None:
    refused = refusal({"a": 1}, [{"op": "replace", "path": "", "value": value}])
    assert isinstance(refused, InvalidBody)
    assert "stays one" in refused.message


def test_a_failing_operation_undoes_the_ones_before_it() -> None:
    document = {"a": {"b": 1}}
    refusal(document, [{"op": "remove", "path": "/a/b"}, {"op": "remove", "path": "/a/b"}])
    assert document == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("present", "tested", "equal"),
    [
        (1, 1.0, True),
        (1.0, 1, True),
        (1, True, False),
        (True, 1, False),
        (0, False, False),
        ([1], [True], False),
        ({"x": 0}, {"x": False}, False),
        ({"x": 1, "y": 2}, {"y": 2.0, "x": 1.0}, True),
        (1, "1", False),
        (None, None, True),
        (None, False, False),
        ([1, 2], [2, 1], False),
    ],
)
def test_a_test_compares_json_values(present: Any, tested: Any, equal: bool) -> None:
    operation = {"op": "test", "path": "/a", "value": tested}
    if equal:
        assert apply({"a": present}, operation) == {"a": present}
    else:
        assert isinstance(refusal({"a": present}, [operation]), Conflict)


def test_copies_cannot_make_a_small_patch_a_huge_document() -> None:
    copies = [{"op": "copy", "from": "", "path": f"/a{index}"} for index in range(60)]
    refused = refusal({"a": {}}, copies)
    assert isinstance(refused, InvalidBody)
    assert "100000 values" in refused.message


def test_a_patch_cannot_nest_deeper_than_a_body() -> None:
    deepest: Any = 1
    for _ in range(62):
        deepest = [deepest]
    assert apply({"a": {}}, {"op": "add", "path": "/a/b", "value": deepest}) == {"a": {"b": deepest}}
    for operation in (
        {"op": "add", "path": "/a/b", "value": [deepest]},
        {"op": "copy", "from": "/d", "path": "/a/b"},
        {"op": "move", "from": "/d", "path": "/a/b"},
    ):
        refused = refusal({"a": {}, "d": [deepest]}, [operation])
        assert isinstance(refused, InvalidBody)
        assert "deeper than 64 levels" in refused.message


def test_a_message_repeats_little_of_a_long_path() -> None:
    refused = refusal({"a": 1}, [{"op": "move", "from": "/" + "x" * 900, "path": "/" + "y" * 900}])
    assert len(refused.message) < 300


@given(DOCUMENTS, DOCUMENTS)
def test_the_difference_of_two_documents_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    difference = jsonpatch.make_patch(before, after).patch
    assert equal(apply_patch(before, difference, JSON_PATCH), after)


@given(DOCUMENTS, st.lists(OPERATIONS, max_size=3))
def test_neither_the_document_nor_the_patch_is_changed(document: Any, patch: Any) -> None:
    before = copy.deepcopy((document, patch))
    try:
        result = apply_patch(document, patch, JSON_PATCH)
        if result.get("a") is not document.get("a"):
            result["a"] = _emptied(result.get("a"))
    except TmfError:
        pass
    assert equal(list(before), [document, patch])


def _emptied(value: Any) -> Any:
    """`value` with everything taken out of it in place, to show who shares it."""
    if isinstance(value, dict | list):
        value.clear()
    return value


@given(DOCUMENTS, VALUES | st.lists(VALUES | OPERATIONS, max_size=3))
def test_any_json_is_applied_or_refused_with_a_tmf_error(document: Any, patch: Any) -> None:
    with contextlib.suppress(BadRequest, Conflict):
        assert isinstance(apply_patch(document, patch, JSON_PATCH), dict)
