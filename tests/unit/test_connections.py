# SPDX-License-Identifier: Apache-2.0
"""Connections make room for each other, and none stays longer than it may: a crowd hurts only itself."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from app.http.server.connections import make_room, relieve


@dataclass(eq=False)
class Guest:
    """A connection as its neighbours see it."""

    since: float = 0.0
    answered: int = 0
    is_answering: bool = False
    unsent: int = 0
    aborted: bool = field(default=False, init=False)

    def abort(self) -> None:
        self.aborted = True

    def check(self, now: float) -> None:
        """Nothing takes too long for it."""


GUESTS = st.builds(Guest, st.floats(0, 9), st.integers(0, 3), st.booleans(), st.integers(0, 99))


@given(st.lists(GUESTS, max_size=8), st.integers(1, 8))
def test_nobody_goes_who_is_being_answered_and_nobody_while_there_is_room(guests: list[Guest], most: int) -> None:
    room = make_room(guests, most)
    gone = [guest for guest in guests if guest.aborted]
    assert len(gone) == (len(guests) >= most and not all(guest.is_answering for guest in guests))
    assert not any(guest.is_answering for guest in gone)
    assert room == (len(guests) < most or bool(gone))


@given(st.lists(GUESTS, min_size=1, max_size=8))
def test_who_was_never_answered_goes_before_who_was_and_the_eldest_first(guests: list[Guest]) -> None:
    make_room(guests, 1)
    for gone in (guest for guest in guests if guest.aborted):
        stay = [guest for guest in guests if not guest.is_answering and guest is not gone]
        assert all((gone.answered > 0, gone.since) <= (guest.answered > 0, guest.since) for guest in stay)


@given(st.lists(GUESTS, max_size=8), st.integers(0, 99), st.integers(0, 200))
def test_what_is_unread_stays_within_the_bound_and_who_reads_stays(guests: list[Guest], size: int, most: int) -> None:
    relieve(guests, size, most)
    left = sum(guest.unsent for guest in guests if not guest.aborted)
    assert left + size <= most or left == 0
    assert not any(guest.aborted for guest in guests if guest.unsent == 0)
    if sum(guest.unsent for guest in guests) + size <= most:
        assert not any(guest.aborted for guest in guests)
