"""How much of a list is asked for and answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidQuery
from app.http.paging import LARGEST_OFFSET, Paging, paging, totals


def read(**controls: str) -> Paging:
    return paging(controls, default_limit=20, max_limit=100)


@pytest.mark.parametrize(
    ("controls", "expected"),
    [
        ({}, Paging(0, 20, asked=False)),
        ({"fields": "a"}, Paging(0, 20, asked=False)),
        ({"limit": "5"}, Paging(0, 5, asked=True)),
        ({"limit": "0"}, Paging(0, 0, asked=True)),
        ({"limit": "005"}, Paging(0, 5, asked=True)),
        ({"offset": "3"}, Paging(3, 20, asked=True)),
        ({"offset": "3", "limit": "5"}, Paging(3, 5, asked=True)),
        ({"limit": ""}, Paging(0, 20, asked=True)),
        ({"offset": str(LARGEST_OFFSET)}, Paging(LARGEST_OFFSET, 20, asked=True)),
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


@pytest.mark.parametrize(
    ("asked", "returned", "total", "status"),
    [(True, 1, 3, 206), (True, 3, 3, 200), (True, 0, 3, 206), (True, 0, 0, 200), (False, 1, 3, 200)],
)
def test_only_a_part_that_was_asked_for_is_206(asked: bool, returned: int, total: int, status: int) -> None:
    assert Paging(0, 1, asked).status(returned, total) == status


def test_the_headers_tell_the_length_of_the_list_and_of_the_answer() -> None:
    assert totals(returned=1, total=3) == {"X-Total-Count": "3", "X-Result-Count": "1"}
