# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query in both notations: its errors, its bounds and its laws."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_values import equal
from app.domain.media_types import JSON_PATCH_QUERY
from app.domain.patching import apply_patch
from app.errors import BadRequest, Conflict, InvalidBody, TmfError
from tests.unit.queries import JOHN, MARY, apply, change, refusal, select


@pytest.mark.parametrize(
    "operation",
    [
        change("remove", "/note?author=Nobody"),
        change("remove", "/note?note.author=John Doe&note.text=b"),
        change("remove", "/note/id?author=Mary"),
        change("remove", "/nothing?x=1"),
        change("add", "/note/x/y?author=Mary", 1),
        change("add", "/nothing?nothing.x=1", 1),
        change("replace", "$.note[?(@.author=='Nobody')].text", 1),
        change("remove", "$.nothing"),
        change("add", "$.note[?(@.author=='Nobody')].text", 1),
        change("add", "$.note[0].text.x", 1),
        change("test", "$.note[*].author", "Mary"),
        change("test", "/note/text?author=Mary", "a"),
        change("remove", "$"),
        change("copy", "$.x", **{"from": "$.note[*]"}),
        change("copy", "$.x", **{"from": "$.nothing"}),
        change("copy", "$.x", **{"from": "/note/-"}),
        change("copy", "$.x", **{"from": "/note/7"}),
        change("move", "/note/1/x?author=Mary", **{"from": "/note/0"}),
        change("move", "$.note[?(@.author=='Mary')].x", **{"from": "/note?author=Mary"}),
        change("remove", "/nothing"),
    ],
)
def test_what_finds_nothing_conflicts_and_nothing_changes(operation: Any) -> None:
    document = {"note": [JOHN, MARY]}
    before = copy.deepcopy(document)
    refused = refusal(document, change("add", "/before", 1), operation)
    assert isinstance(refused, Conflict)
    assert (refused.status, refused.code) == (409, "69")
    assert refused.message.startswith("Operation 1 (")
    assert "cannot be applied" in refused.message
    assert document == before


@pytest.mark.parametrize(
    "path",
    [
        "/note?",
        "/note?author",
        "/note?=John",
        "/note?author=John&",
        "/note?author=R&D",
        "/note?author=%FF",
        "/no~te?author=John",
        "?author=John",
        "note?author=John",
        "/note[?(@.author=='John')]",
        "note[?(@.author=='John']",
        "note[?(@.author='John')]",
        "note[?(@.author)",
        "note[?(@.author 5)]",
        "note[?('John')]",
        "note[?(length(@.author))]",
        "note[(@.length-1)]",
        "$.",
        "$note",
        "$.note[1e3]",
        "$.note[?(@.n==1e400)]",
        "$.note[?" + "!" * 900 + "@.x]",
        "a b",
        "{",
        "$.note | $.note",
    ],
)
def test_a_path_that_cannot_be_read_is_refused_and_named(path: str) -> None:
    for operation in (change("remove", path), change("copy", "/x", **{"from": path})):
        refused = refusal({"note": [JOHN]}, change("remove", "/nothing"), operation)
        assert isinstance(refused, InvalidBody)
        assert (refused.status, refused.code) == (400, "22")
        assert refused.message.startswith(f"Operation 1 ({operation['op']} ")
        assert path[:70] in refused.message


MANY = {"a": [{"id": str(index), "b": [1, 2]} for index in range(5000)]}


@pytest.mark.parametrize(
    "operations",
    [
        [change("remove", "$" + "..*" * 300)],
        [change("remove", "$.a[?(" + "@..x || " * 100 + "@.x)]")],
        [change("test", "/a?id=0", MANY["a"][0])] * 1000,
        [change("add", "$.a[*].c", [0] * 1000)],
        [change("copy", f"$.x{index}", **{"from": "$"}) for index in range(20)],
        [change("test", "$.a[?(" + "@.b==@.b && " * 60 + "@.x)]", 1)],
    ],
)
def test_a_patch_that_asks_for_too_much_work_is_refused(operations: Any) -> None:
    refused = refusal(MANY, *operations)
    assert isinstance(refused, InvalidBody)
    assert refused.message == "The patch searches or copies more than 100000 values; send it in smaller parts"


def test_a_thousand_operations_with_queries_are_not_too_much() -> None:
    document = {"note": [{"id": str(index), "text": "a"} for index in range(10)]}
    operations = [change("replace", f"$.note[?(@.id=='{index % 10}')].text", index) for index in range(1000)]
    assert [note["text"] for note in apply(document, *operations)["note"]] == list(range(990, 1000))


def test_a_long_path_is_not_repeated_in_full() -> None:
    refused = refusal({"a": 1}, change("remove", "$.a[?(@.b=='" + "x" * 900 + "')]"))
    assert len(refused.message) < 300


NAMES = st.sampled_from(["a", "b", "c", "d"])


SCALARS = st.booleans() | st.integers(-2, 2) | st.text("xy 4=&%?'é", max_size=4)


PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


DOCUMENTS = st.dictionaries(NAMES, PLAIN, max_size=4)


PATHS = st.one_of(
    st.lists(NAMES | st.sampled_from(["0", "-"]), max_size=3).map(lambda names: "".join(f"/{name}" for name in names)),
    st.lists(
        st.sampled_from(["$", ".a", ".b", "..c", "[*]", "[?(@.a==1)]", "[?@.b]", "[0]", "a", "&&", "=~", "(", "'"]),
        max_size=5,
    ).map("".join),
    st.lists(st.sampled_from(["/a", "/b", "?", "a", "b.c", "=", "1", "x", "&", "%", "/"]), max_size=8).map("".join),
    st.text(max_size=8),
)


OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "delete"]), "path": PATHS},
    optional={"value": PLAIN, "from": PATHS},
)


@given(st.lists(SCALARS.filter(lambda value: not isinstance(value, str)), max_size=5), st.integers(-2, 2))
def test_both_notations_select_the_same_numbers(values: list[Any], wanted: int) -> None:
    document = {"a": [{"n": value, "v": index} for index, value in enumerate(values)]}
    expected = [index for index, value in enumerate(values) if equal(value, wanted)]
    for path in (f"/a?a.n={wanted}", f"/a?/a/n={wanted}", f"/a?n={wanted}", f"$.a[?(@.n=={wanted})]"):
        if expected:
            assert select(document, path) == expected
        else:
            assert isinstance(refusal(document, change("remove", path)), Conflict)


@given(DOCUMENTS, st.lists(OPERATIONS, max_size=3))
def test_neither_the_document_nor_the_patch_is_changed(document: Any, patch: Any) -> None:
    before = copy.deepcopy((document, patch))
    with contextlib.suppress(TmfError):
        apply_patch(apply_patch(document, patch, JSON_PATCH_QUERY), patch, JSON_PATCH_QUERY)
    assert equal(list(before), [document, patch])


@given(DOCUMENTS, PLAIN | st.none() | st.lists(PLAIN | OPERATIONS, max_size=3))
def test_any_json_is_applied_or_refused_with_a_tmf_error(document: Any, patch: Any) -> None:
    with contextlib.suppress(BadRequest, Conflict):
        assert isinstance(apply_patch(document, patch, JSON_PATCH_QUERY), dict)
