# SPDX-License-Identifier: Apache-2.0
"""JSON Merge Patch: the cases of RFC 7396, its laws, and attributes that no patch may change."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_values import equal
from app.domain.media_types import JSON, MERGE
from app.domain.patching import apply_patch, merge_patch, refuse_fixed
from app.errors import InvalidBody, InvalidField, UnsupportedMediaType

NAMES = st.sampled_from(["a", "b", "c", "@type", "a.b"])
SCALARS = st.one_of(st.booleans(), st.integers(-2, 2), st.floats(-2, 2, width=16), st.text("ab", max_size=2))


def _values(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=10,
    )


ANYTHING = _values(st.none() | SCALARS)
WITHOUT_NULLS = st.dictionaries(NAMES, _values(SCALARS), max_size=4)


def difference(before: Any, after: Any) -> Any:
    """A merge patch that turns `before` into `after`; members that are null cannot be told by one."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return after
    removed = {name: None for name in before if name not in after}
    changed = {name: difference(before.get(name), value) for name, value in after.items()}
    return removed | changed


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_cases_of_rfc_7396_come_out_as_it_says(original: Any, patch: Any, result: Any) -> None:
    assert merge_patch(original, patch) == result


@given(ANYTHING, ANYTHING)
def test_applying_a_patch_twice_is_applying_it_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert equal(merge_patch(once, patch), once)


@given(ANYTHING)
def test_an_empty_patch_changes_no_object(target: Any) -> None:
    assert equal(merge_patch(target, {}), target if isinstance(target, dict) else {})


@given(WITHOUT_NULLS, WITHOUT_NULLS)
def test_the_difference_of_two_documents_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    assert equal(merge_patch(before, difference(before, after)), after)


@given(ANYTHING, ANYTHING)
def test_neither_the_target_nor_the_patch_is_changed(target: Any, patch: Any) -> None:
    target_before, patch_before = copy.deepcopy(target), copy.deepcopy(patch)
    merge_patch(target, patch)
    assert equal(target, target_before)
    assert equal(patch, patch_before)


@given(st.dictionaries(NAMES, ANYTHING, max_size=4), st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_what_a_patch_does_not_name_stays(target: dict[str, Any], patch: dict[str, Any]) -> None:
    after = merge_patch(target, patch)
    untouched = target.keys() - patch.keys()
    assert all(equal(after[name], target[name]) for name in untouched)


@pytest.mark.parametrize("media_type", [JSON, MERGE])
def test_both_media_types_of_a_merge_patch_merge(media_type: str) -> None:
    assert apply_patch({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": 4}}, media_type) == {
        "b": {"c": 4, "d": 3}
    }


@pytest.mark.parametrize("media_type", [JSON, MERGE])
@pytest.mark.parametrize("patch", [None, True, 1, "a", [], [{"op": "remove", "path": "/a"}]])
def test_a_merge_patch_that_is_no_object_is_refused(patch: Any, media_type: str) -> None:
    with pytest.raises(InvalidBody, match="must be a JSON object") as refused:
        apply_patch({"a": 1}, patch, media_type)
    assert refused.value.code == "22"


def test_another_media_type_is_refused_and_told_which_are_understood() -> None:
    with pytest.raises(UnsupportedMediaType, match="text/plain") as refused:
        apply_patch({"a": 1}, {}, "text/plain")
    assert refused.value.headers["Accept-Patch"] == (
        "application/json, application/merge-patch+json, application/json-patch+json, application/json-patch-query+json"
    )


@given(st.dictionaries(NAMES, ANYTHING, max_size=4), st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_a_fixed_attribute_is_refused_when_it_differs_and_only_then(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    if equal(before.get("a"), after.get("a")):
        refuse_fixed(before, after, ("a",))
    else:
        with pytest.raises(InvalidField, match=r"^/a is not patchable; leave it out or send its present value$"):
            refuse_fixed(before, after, ("a",))


def test_attributes_that_are_not_fixed_may_change() -> None:
    refuse_fixed({"id": "1", "name": "a"}, {"id": "1", "name": "b"}, ("id", "href"))


def test_a_fixed_date_may_be_sent_again_in_another_offset() -> None:
    at = datetime(2024, 5, 1, tzinfo=UTC)
    refuse_fixed({"at": at}, {"at": datetime.fromisoformat("2024-05-01T02:00:00+02:00")}, ("at",))


def test_one_is_not_true_for_a_fixed_attribute() -> None:
    with pytest.raises(InvalidField):
        refuse_fixed({"n": 1}, {"n": True}, ("n",))
