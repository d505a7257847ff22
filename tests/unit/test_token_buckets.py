# SPDX-License-Identifier: Apache-2.0
"""Token buckets: how many requests of a client are granted in any span of time, and that their memory is bounded."""

import os
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.middleware.token_buckets import SLOTS, WAYS, TokenBuckets


@dataclass
class Clock:
    """A clock that the test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def buckets(rate: float, burst: int, clock: Clock, slots: int = 64) -> TokenBuckets:
    return TokenBuckets(rate, burst, slots, clock)


@given(rate=st.floats(0.01, 1000), burst=st.integers(1, 50), pauses=st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_no_span_of_time_has_more_than_burst_and_rate_grant(rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock()
    of_client = buckets(rate, burst, clock)
    granted: list[float] = []
    for pause in pauses:
        clock.now += pause
        if of_client.take("a").granted:
            granted.append(clock.now)
    for first, began in enumerate(granted):
        for last in range(first, len(granted)):
            assert last - first + 1 <= burst + (granted[last] - began) * rate + 1e-6


@given(rate=st.floats(0.01, 1000), burst=st.integers(1, 50), spent=st.integers(0, 60))
def test_what_is_told_comes_true(rate: float, burst: int, spent: int) -> None:
    clock = Clock()
    of_client = buckets(rate, burst, clock)
    for count in range(1, spent + 1):
        taken = of_client.take("a")
        assert (taken.granted, taken.left) == (count <= burst, max(0, burst - count))
    told = of_client.take("a")
    clock.now += told.next_seconds
    assert of_client.take("a").granted
    clock.now += burst / rate
    assert of_client.take("a").left == burst - 1


def test_a_client_takes_nothing_from_another() -> None:
    clock = Clock()
    of_clients = buckets(1, 2, clock)
    assert [of_clients.take("a").granted for _ in range(3)] == [True, True, False]
    assert of_clients.take("b").left == 1


def test_what_is_given_back_can_be_taken_again() -> None:
    of_client = buckets(1, 1, Clock())
    assert of_client.take("a").granted
    of_client.give_back("a")
    assert of_client.take("a").granted
    assert not of_client.take("a").granted


def test_a_crowd_drives_out_who_owes_least() -> None:
    clock = Clock()
    of_crowd = buckets(1, 100, clock, slots=WAYS)
    for _ in range(100):
        of_crowd.take("greedy")
    for number in range(10_000):
        of_crowd.take(f"client {number}")
    assert not of_crowd.take("greedy").granted


def test_a_million_clients_take_no_more_memory_than_a_few() -> None:
    of_all = TokenBuckets(1, 10)
    assert len(of_all._keys) == len(of_all._full_at) == SLOTS
    for number in range(3 * WAYS):
        assert of_all.take(f"client {number}").left == 9
    assert SLOTS * 16 == 2**20


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_processes_share_the_buckets() -> None:
    of_all = TokenBuckets(0.001, 3)
    assert of_all.take("a").left == 2
    if not (child := os.fork()):
        os._exit(of_all.take("a").left)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert of_all.take("a").left == 0
