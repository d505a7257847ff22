# SPDX-License-Identifier: Apache-2.0
"""What a patch of any kind makes of a v4 view is what is seen afterwards, and stored as if it had been sent whole."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonpointer import JsonPointer

from app.domain import dates
from app.domain.json_values import equal
from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.patching import apply_patch
from app.errors import Conflict
from tests.served import share
from tests.unit.drawn import EACH_OLDER, PAIRS, Side
from tests.unit.queries import change
from tests.unit.strategies import ANYTHING, NAMES

Location = tuple[str | int, ...]

VALUES = ANYTHING.map(dates.with_text_dates)


def places(value: Any, place: Location = ()) -> Iterator[Location]:
    """Where everything is in a document, itself included."""
    yield place
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(member, (*place, name))


def pointer(place: Location) -> str:
    return str(JsonPointer.from_parts(place).path)


def json_path(place: Location) -> str:
    return "$" + "".join(f"[{json.dumps(step)}]" for step in place)


def told_by_content(document: Any, place: Location) -> list[str]:
    """The paths to what is alike in all elements of the first array on the way that share a text with this one."""
    end = next((end for end, step in enumerate(place) if isinstance(step, int)), None)
    element = None if end is None else JsonPointer.from_parts(place[: end + 1]).resolve(document)
    texts = element.items() if isinstance(element, dict) else ()
    return [
        path
        for name, text in texts
        if end is not None and isinstance(text, str)
        for path in (
            f"{json_path(place[:end])}[?(@[{json.dumps(name)}]=={json.dumps(text)})]{json_path(place[end + 1 :])[1:]}",
            f"{pointer(tuple(step for step in place if isinstance(step, str)))}?"
            f"{pointer((*place[:end], name))}={quote(text)}",
        )
    ]


@st.composite
def merges(draw: st.DrawFn, shown: dict[str, Any]) -> Any:
    names = st.sampled_from(sorted(shown)) | NAMES if shown else NAMES
    return draw(st.dictionaries(names, st.none() | VALUES, max_size=3))


@st.composite
def operations(draw: st.DrawFn, shown: dict[str, Any], *, by_content: bool) -> Any:
    """One operation anywhere in the document, or just behind what is there."""
    place = draw(st.sampled_from(list(places(shown))[1:] or [("x",)]))
    paths = [json_path(place), *told_by_content(shown, place)] if by_content else [pointer(place)]
    fresh = (*place[:-1], draw(NAMES) if isinstance(place[-1], str) else place[-1])
    added = json_path(fresh) if by_content else pointer(fresh)
    path = draw(st.sampled_from(paths))
    operation = draw(
        st.sampled_from(
            [
                change("add", added, draw(VALUES)),
                change("replace", path, draw(VALUES)),
                change("remove", path),
                change("copy", added, **{"from": path}),
                change("move", added, **{"from": path}),
            ]
        )
    )
    return [operation]


def patches(shown: dict[str, Any], media_type: str) -> st.SearchStrategy[Any]:
    if media_type in (JSON, MERGE):
        return merges(shown)
    return operations(shown, by_content=media_type == JSON_PATCH_QUERY)


@EACH_OLDER
@pytest.mark.parametrize("media_type", [JSON, MERGE, JSON_PATCH, JSON_PATCH_QUERY])
@settings(max_examples=share(120, PAIRS))
@given(st.data())
def test_what_a_patch_of_any_kind_made_is_shown_and_kept(side: Side, media_type: str, data: st.DataObject) -> None:
    view = side.view
    stored = view.to_stored(view.normalise(dates.with_text_dates(data.draw(side.anything))))
    for _ in range(2):
        shown = view.to_version(stored)
        try:
            after = view.normalise(apply_patch(shown, data.draw(patches(shown, media_type)), media_type))
        except Conflict:
            assume(False)
        stored = view.update_stored(stored, after)
        assert equal(view.to_version(stored), after)
        assert equal(stored, view.to_stored(after))
