# SPDX-License-Identifier: Apache-2.0
"""What is remembered of samples, and for how long."""

from dataclasses import dataclass

import pytest

from app.storage.documents.cardinality_estimates import MOST, SECONDS, CardinalityEstimates

ACTIVE = {"document.status": {"$eq": "Active"}}
CLOSED = {"document.status": {"$eq": "Closed"}}


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shares(clock: Clock) -> CardinalityEstimates:
    return CardinalityEstimates(clock)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_is_known_for_a_while(shares: CardinalityEstimates, clock: Clock, share: float) -> None:
    shares.keep(ACTIVE, share)
    clock.now += SECONDS - 1
    assert (shares.of(ACTIVE), shares.of(CLOSED)) == (share, None)
    clock.now += 1
    assert shares.of(ACTIVE) is None


def test_a_newer_share_takes_the_place_of_the_older(shares: CardinalityEstimates, clock: Clock) -> None:
    shares.keep(ACTIVE, 0.25)
    clock.now += SECONDS / 2
    shares.keep(ACTIVE, 0.5)
    clock.now += SECONDS / 2
    assert shares.of(ACTIVE) == 0.5


def test_the_oldest_makes_room(shares: CardinalityEstimates) -> None:
    for number in range(MOST + 1):
        shares.keep({"n": number}, number / MOST)
    assert [shares.of({"n": number}) for number in (0, 1, MOST)] == [None, 1 / MOST, 1.0]
