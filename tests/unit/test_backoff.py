# SPDX-License-Identifier: Apache-2.0
"""Back-off: short lives on end make the pauses longer and are bounded in number; a long one begins anew."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.system.backoff import Backoff

LONG = 10.0
SHORT_LIVES = st.floats(min_value=0, max_value=LONG, exclude_max=True)


def test_the_pauses_double_up_to_the_length_of_a_long_life() -> None:
    backoff = Backoff(1.0, LONG)
    assert [backoff.after(0.1) for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_at_once_puts_no_pause_before_them() -> None:
    backoff = Backoff(1.0, LONG, at_once=True)
    assert [backoff.after(0.1) for _ in range(4)] == [0.0, 1.0, 2.0, 4.0]


@given(st.lists(SHORT_LIVES, min_size=1, max_size=20), st.booleans(), st.integers(min_value=1, max_value=20))
def test_so_many_short_lives_are_followed_by_another_and_no_more(lives: list[float], at_once: bool, most: int) -> None:
    backoff = Backoff(0.5, LONG, at_once=at_once, most=most)
    pauses = [backoff.after(life) for life in lives]
    assert [pause is not None for pause in pauses] == [number <= most for number in range(1, len(lives) + 1)]
    allowed = [pause for pause in pauses if pause is not None]
    assert all(earlier <= later <= LONG for earlier, later in pairwise(allowed))


@given(st.lists(SHORT_LIVES, max_size=20), st.floats(min_value=LONG, max_value=1e6), st.booleans())
def test_after_a_long_life_all_is_as_at_first(lives: list[float], long_life: float, at_once: bool) -> None:
    backoff = Backoff(0.5, LONG, at_once=at_once, most=3)
    first = Backoff(0.5, LONG, at_once=at_once, most=3).after(0.0)
    for life in lives:
        backoff.after(life)
    assert (backoff.after(long_life), backoff.times) == (first, 1)
