# SPDX-License-Identifier: Apache-2.0
"""One change, told by every kind of patch and in every notation, makes one and the same document."""

import copy
from datetime import UTC, datetime
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.json_values import equal, unlike
from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.patching import apply_patch
from app.errors import Conflict, InvalidBody, InvalidField, TmfError, shorten
from tests.unit.changes import NOTATIONS, Document, Notation, elements, pointer, stories
from tests.unit.queries import change

SPELT = pytest.mark.parametrize("notation", NOTATIONS, ids=lambda notation: notation.__name__)


def merging(before: Document, after: Document) -> Document:
    """A merge patch from one document to the other, which hold no nulls."""
    changed = {
        name: merging(before[name], value) if isinstance(value, dict) and isinstance(before.get(name), dict) else value
        for name, value in after.items()
        if not (name in before and equal(before[name], value))
    }
    return {**dict.fromkeys(before.keys() - after.keys()), **changed}


@SPELT
@settings(max_examples=50)
@given(st.data())
def test_every_notation_makes_the_same_of_a_document(notation: Notation, data: st.DataObject) -> None:
    before, operations, after = data.draw(stories(notation))
    assert equal(apply_patch(before, operations, JSON_PATCH_QUERY), after)
    assert equal(apply_patch(before, merging(before, after), MERGE), after)
    assert equal(apply_patch(before, merging(before, after), JSON), after)
    assert equal(apply_patch(before, jsonpatch.make_patch(before, after).patch, JSON_PATCH), after)


@given(st.data())
def test_a_json_patch_makes_the_same_of_a_document(data: st.DataObject) -> None:
    before, operations, after = data.draw(stories(pointer))
    assert equal(apply_patch(before, operations, JSON_PATCH), after)


@given(st.data())
def test_a_patch_of_any_kind_shares_the_members_that_it_leaves_alone(data: st.DataObject) -> None:
    before, operations, after = data.draw(stories(pointer))
    dated = {**before, "since": datetime(2024, 5, 1, tzinfo=UTC)}
    patches = {
        MERGE: merging(before, after),
        JSON_PATCH: jsonpatch.make_patch(before, after).patch,
        JSON_PATCH_QUERY: operations,
    }
    for media_type, patch in patches.items():
        result = apply_patch(dated, patch, media_type)
        assert result["since"] is dated["since"]
        assert equal(result, {**after, "since": dated["since"]})
    assert not unlike(dated, {**apply_patch(dated, [], JSON_PATCH)})
    assert not unlike(dated, apply_patch(dated, {}, MERGE))


@pytest.mark.parametrize("media_type", [JSON_PATCH, JSON_PATCH_QUERY])
def test_an_instant_is_text_to_a_patch(media_type: str) -> None:
    since, text = datetime(2024, 5, 1, tzinfo=UTC), "2024-05-01T00:00:00Z"
    document = {"since": since, "validFor": {"start": since}}
    operations = [change("test", "/since", text), change("copy", "/x", **{"from": "/validFor/start"})]
    result = apply_patch(document, operations, media_type)
    assert result == {"since": since, "validFor": {"start": text}, "x": text}
    assert result["since"] is since
    merged = apply_patch(document, {"validFor": {"end": 1}}, MERGE)
    assert merged == {"since": since, "validFor": {"start": text, "end": 1}}


@st.composite
def failing(draw: st.DrawFn, document: Document, notation: Notation) -> tuple[dict[str, Any], type[TmfError]]:
    """An operation that cannot be applied to the document, and how it is refused."""
    missing = notation(document, (*draw(st.sampled_from([(), *elements(document)])), "missing"))
    drawn: tuple[dict[str, Any], type[TmfError]] = draw(
        st.sampled_from(
            [
                (change("remove", missing), Conflict),
                (change("replace", missing, 1), Conflict),
                (change("test", missing, 1), Conflict),
                (change("copy", "/copied", **{"from": missing}), Conflict),
                (change("move", "/moved", **{"from": missing}), Conflict),
                ({"op": "replace", "path": missing}, InvalidBody),
                ({"op": "move", "path": missing}, InvalidBody),
                (change("merge", missing), InvalidField),
            ]
        )
    )
    return drawn


@SPELT
@settings(max_examples=50)
@given(st.data())
def test_a_patch_that_fails_anywhere_changes_nothing_and_names_the_operation(
    notation: Notation, data: st.DataObject
) -> None:
    before, operations, after = data.draw(stories(notation))
    wrong, refusal = data.draw(failing(after, notation))
    unchanged = copy.deepcopy(before)
    for media_type in (JSON_PATCH_QUERY, JSON_PATCH) if notation is pointer else (JSON_PATCH_QUERY,):
        with pytest.raises(refusal) as refused:
            apply_patch(before, [*operations, wrong, change("add", "/never", 1)], media_type)
        assert str(refused.value).startswith(f"Operation {len(operations)}")
        assert equal(before, unchanged)
        if refusal is Conflict:
            assert shorten(wrong.get("from", wrong["path"]), 80)[:79] in str(refused.value)
            assert refused.value.status == 409
