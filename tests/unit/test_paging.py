# SPDX-License-Identifier: Apache-2.0
"""How much of a list is asked for and answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidQuery
from app.http.handlers.paging import LARGEST_OFFSET, Paging, paging
from app.resources.lists.pages import ListPage
from app.storage.documents.counting import Total


def read(**controls: str) -> Paging:
    return paging(controls, default_limit=20, max_limit=100)


@pytest.mark.parametrize(
    ("controls", "expected"),
    [
        ({}, Paging(0, 20, requested=False)),
        ({"fields": "a"}, Paging(0, 20, requested=False)),
        ({"limit": "5"}, Paging(0, 5, requested=True)),
        ({"limit": "0"}, Paging(0, 0, requested=True)),
        ({"limit": "005"}, Paging(0, 5, requested=True)),
        ({"offset": "3"}, Paging(3, 20, requested=True)),
        ({"offset": "3", "limit": "5"}, Paging(3, 5, requested=True)),
        ({"limit": ""}, Paging(0, 20, requested=True)),
        ({"offset": str(LARGEST_OFFSET)}, Paging(LARGEST_OFFSET, 20, requested=True)),
    ],
)
def test_offset_and_limit_are_read(controls: dict[str, str], expected: Paging) -> None:
    assert read(**controls) == expected


@given(st.integers(0, 10**18 - 1))
def test_a_limit_above_the_maximum_is_lowered_to_it(limit: int) -> None:
    assert read(limit=str(limit)).limit == min(limit, 100)


def test_a_default_above_the_maximum_is_lowered_too() -> None:
    assert paging({}, default_limit=200, max_limit=100).limit == 100


@pytest.mark.parametrize("name", ["offset", "limit"])
@pytest.mark.parametrize("text", ["-1", "a", "1.0", "1e3", " 1", "+1", "٣", "²", "1_0", "1,2", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidQuery, match=f"'{name}' must be a whole number from 0") as refused:
        read(**{name: text})
    assert len(refused.value.message) < 150


def test_an_offset_beyond_the_largest_is_refused_with_it() -> None:
    with pytest.raises(InvalidQuery, match=f"from 0 up to {LARGEST_OFFSET}, not '{LARGEST_OFFSET + 1}'"):
        read(offset=str(LARGEST_OFFSET + 1))


def found(returned: int, total: int | None = None, *, more: bool = False) -> ListPage:
    return ListPage([{}] * returned, None if total is None else Total(total), more)


@pytest.mark.parametrize(
    ("paging", "page", "status"),
    [
        (Paging(0, 1, requested=True), found(1, more=True), 206),
        (Paging(0, 3, requested=True), found(3), 200),
        (Paging(2, 3, requested=True), found(1), 206),
        (Paging(0, 0, requested=True), found(0, more=True), 206),
        (Paging(0, 0, requested=True), found(0), 200),
        (Paging(9, 3, requested=True), found(0), 200),
        (Paging(0, 1, requested=False), found(1, more=True), 200),
    ],
)
def test_only_a_part_that_was_asked_for_is_206(paging: Paging, page: ListPage, status: int) -> None:
    assert paging.status(page) == status


@pytest.mark.parametrize(
    ("paging", "page", "told"),
    [
        (Paging(0, 9, requested=True), found(3, 3), {"X-Total-Count": "3", "X-Result-Count": "3"}),
        (Paging(0, 9, requested=True), found(3), {"X-Result-Count": "3"}),
        (Paging(9, 3, requested=True), found(0, 4), {"X-Total-Count": "4", "X-Result-Count": "0"}),
        (
            Paging(10, 10, requested=True),
            found(10, 34, more=True),
            {"X-Total-Count": "34", "X-Result-Count": "10", "Content-Range": "items 11-20/34"},
        ),
        (Paging(10, 10, requested=True), found(3), {"X-Result-Count": "3", "Content-Range": "items 11-13/*"}),
        (
            Paging(0, 0, requested=True),
            found(0, 34, more=True),
            {"X-Total-Count": "34", "X-Result-Count": "0", "Content-Range": "items */34"},
        ),
        (Paging(0, 0, requested=True), found(0, more=True), {"X-Result-Count": "0"}),
        (
            Paging(0, 2, requested=False),
            found(2, 3, more=True),
            {"X-Total-Count": "3", "X-Result-Count": "2", "Content-Range": "items 1-2/3"},
        ),
        (
            Paging(10, 10, requested=True),
            found(10, 15),
            {"X-Total-Count": "15", "X-Result-Count": "10", "Content-Range": "items 11-20/*"},
        ),
    ],
)
def test_the_headers_tell_the_length_of_the_list_and_the_part_of_it(
    paging: Paging, page: ListPage, told: dict[str, str]
) -> None:
    assert paging.headers(page) == told
