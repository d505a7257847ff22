# SPDX-License-Identifier: Apache-2.0
"""Patches that copy texts: what can no longer be kept is refused before anything spells it out."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.media_types import JSON_PATCH, JSON_PATCH_QUERY
from app.domain.patching import apply_patch
from app.domain.patching.work import MOST_CHARACTERS, characters, refuse_overgrown
from app.errors import PayloadTooLarge

MEGABYTE = 1024 * 1024
TEXT = "x" * MEGABYTE
MANY = [{"a": 1}] * 1000

CASES: list[tuple[str, list[dict[str, Any]]]] = [
    (JSON_PATCH, [{"op": "copy", "from": "/text", "path": "/list/-"}] * 1000),
    (JSON_PATCH, [{"op": "add", "path": "/o", "value": {}}, *[{"op": "copy", "from": "", "path": "/o/x"}] * 9]),
    (JSON_PATCH_QUERY, [{"op": "copy", "from": "/text", "path": "/list/-"}] * 1000),
    (JSON_PATCH_QUERY, [{"op": "copy", "from": "/text", "path": "$.many[*].b"}]),
    (JSON_PATCH_QUERY, [{"op": "copy", "from": "$.text", "path": "/many/b?many.a=1"}]),
    (JSON_PATCH_QUERY, [{"op": "add", "path": "$.many[?(@.a==1)].b", "value": TEXT}]),
    (JSON_PATCH_QUERY, [{"op": "add", "path": "/many?many.a=1", "value": {"b": TEXT}}]),
    (JSON_PATCH_QUERY, [{"op": "replace", "path": "$.many[*].a", "value": [TEXT]}]),
    (JSON_PATCH_QUERY, [{"op": "replace", "path": "/many/a?many.a=1", "value": TEXT}]),
]


@pytest.mark.parametrize(("media_type", "patch"), CASES)
def test_a_text_that_is_copied_everywhere_is_refused_before_it_is_spelt_out(
    media_type: str, patch: list[dict[str, Any]]
) -> None:
    document = {"text": TEXT, "list": [], "many": [dict(each) for each in MANY]}
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge, match=f"more than {MOST_CHARACTERS} characters"):
            apply_patch(document, patch, media_type)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("media_type", [JSON_PATCH, JSON_PATCH_QUERY])
def test_what_a_patch_copies_and_removes_again_does_not_count(media_type: str) -> None:
    there_and_back = [{"op": "copy", "from": "/text", "path": "/other"}, {"op": "remove", "path": "/other"}]
    assert apply_patch({"text": TEXT}, there_and_back * 20, media_type) == {"text": TEXT}


@pytest.mark.parametrize("media_type", [JSON_PATCH, JSON_PATCH_QUERY])
def test_what_was_too_large_before_may_change_but_not_grow(media_type: str) -> None:
    document = {f"m{number}": TEXT for number in range(9)}
    copied = [{"op": "copy", "from": "/m0", "path": "/other"}]
    assert apply_patch(
        document, [*copied, {"op": "remove", "path": "/m0"}, {"op": "remove", "path": "/m1"}], media_type
    )
    with pytest.raises(PayloadTooLarge):
        apply_patch(document, copied, media_type)


@pytest.mark.parametrize("beyond", [0, 1])
def test_the_bound_is_exact(beyond: int) -> None:
    after = {"xy": ["a" * (MOST_CHARACTERS - 2), "b" * beyond, 5, None]}
    if beyond:
        with pytest.raises(PayloadTooLarge):
            refuse_overgrown({}, after)
    else:
        refuse_overgrown({}, after)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=3), parts, max_size=4),
    max_leaves=20,
)


@given(JSON, st.integers(0, 30))
def test_counting_ends_where_there_are_too_many(value: Any, most: int) -> None:
    all_of_them = characters(value, None)
    assert (characters(value, most) > most) == (all_of_them > most)


def test_few_steps_tell_that_there_are_too_many() -> None:
    looked: list[str] = []

    class Text(str):
        def __len__(self) -> int:
            looked.append("")
            return super().__len__()

    assert characters([Text(TEXT)] * 1000, MOST_CHARACTERS) > MOST_CHARACTERS
    assert len(looked) == 8
