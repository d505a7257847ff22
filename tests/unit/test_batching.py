# SPDX-License-Identifier: Apache-2.0
"""What many want at a time goes together, and each gets what is its own."""

import asyncio
from collections.abc import Sequence
from itertools import chain, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import NotFound, Unavailable
from app.storage.documents import batching
from app.storage.documents.batching import MAX_BATCH, QUIET_TURNS, Batcher

pytestmark = pytest.mark.anyio

LONG = 2 * QUIET_TURNS
"""Turns of the event loop after which one that waits for nobody is gone."""


class Doubler:
    """Doubles numbers in journeys, which end only while `open` is set."""

    def __init__(self, *, regrouped: bool = False) -> None:
        self.journeys: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.departures = asyncio.Semaphore(0)
        self.ask = Batcher(self._double, regrouped=regrouped)

    async def _double(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.journeys.append(list(numbers))
        self.departures.release()
        await self.open.wait()
        if 13 in numbers:
            raise Unavailable("Try again")
        return [NotFound(str(number)) if number < 0 else 2 * number for number in numbers]

    async def ask_one_by_one(self, numbers: Sequence[int], turns: int) -> list[int]:
        """What comes of all of them, of which each comes so many turns of the event loop after the one before."""
        asked = []
        for number in numbers:
            asked.append(asyncio.create_task(self.ask(number)))
            for _ in range(turns):
                await asyncio.sleep(0)
        return await asyncio.gather(*asked)

    async def all_of(self, numbers: Sequence[int]) -> list[int | BaseException]:
        """What comes of all of them, asked for at the same time."""
        return await asyncio.gather(*map(self.ask, numbers), return_exceptions=True)


async def test_one_alone_sets_out_without_waiting_for_others() -> None:
    doubler = Doubler()
    assert [await doubler.ask(1), await doubler.ask(2)] == [2, 4]
    assert doubler.journeys == [[1], [2]]


async def test_what_is_wanted_at_the_same_time_goes_together() -> None:
    doubler = Doubler()
    assert await doubler.all_of([3, 1, 2]) == [6, 2, 4]
    assert doubler.journeys == [[3, 1, 2]]


async def test_who_comes_while_others_still_arrive_goes_with_them() -> None:
    doubler = Doubler()
    assert await doubler.ask_one_by_one(range(9), turns=1) == [2 * number for number in range(9)]
    assert doubler.journeys == [list(range(9))]


async def test_what_is_wanted_meanwhile_goes_together_when_the_others_are_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "MAX_WAIT_SECONDS", 600)
    doubler = Doubler()
    doubler.open.clear()
    first = asyncio.create_task(doubler.ask(1))
    await doubler.departures.acquire()
    others = [asyncio.create_task(doubler.ask(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    assert doubler.journeys == [[1]]
    doubler.open.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert doubler.journeys == [[1], [2, 3]]


async def test_nobody_waits_for_ever_for_others_to_be_back() -> None:
    doubler = Doubler()
    doubler.open.clear()
    first = asyncio.create_task(doubler.ask(1))
    await doubler.departures.acquire()
    others = [asyncio.create_task(doubler.ask(number)) for number in (2, 3)]
    await doubler.departures.acquire()
    assert doubler.journeys == [[1], [2, 3]]
    doubler.open.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]


@pytest.fixture
def long_journeys(monkeypatch: pytest.MonkeyPatch) -> None:
    """To those who look at the clock, each journey takes ten minutes."""
    monkeypatch.setattr(batching, "monotonic", count(step=600).__next__)


@pytest.mark.usefixtures("long_journeys")
async def test_who_belongs_together_waits_until_as_many_are_there_as_last_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_WAIT_SECONDS", 600)
    doubler = Doubler(regrouped=True)
    await doubler.all_of([1, 2, 3])
    assert await doubler.ask_one_by_one([4, 5, 6], turns=LONG) == [8, 10, 12]
    assert doubler.journeys == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.usefixtures("long_journeys")
async def test_groups_that_take_turns_are_reunited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_WAIT_SECONDS", 600)
    doubler = Doubler(regrouped=True)
    doubler.open.clear()
    first = asyncio.create_task(doubler.all_of([1, 2]))
    await doubler.departures.acquire()
    second = asyncio.create_task(doubler.ask(3))
    await asyncio.sleep(0)
    doubler.open.set()
    assert await first == [2, 4]
    assert await doubler.all_of([4, 5]) == [8, 10]
    assert await second == 6
    assert doubler.journeys == [[1, 2], [3, 4, 5]]


@pytest.mark.usefixtures("long_journeys")
async def test_one_alone_waits_for_nobody_also_where_others_would_be_reunited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_WAIT_SECONDS", 600)
    doubler = Doubler(regrouped=True)
    assert await doubler.ask_one_by_one([1, 2, 3], turns=LONG) == [2, 4, 6]
    assert doubler.journeys == [[1], [2], [3]]


@pytest.mark.usefixtures("long_journeys")
async def test_who_stays_away_is_not_waited_for_long_nor_again_and_again() -> None:
    doubler = Doubler(regrouped=True)
    await doubler.all_of([1, 2])
    assert await doubler.ask(3) == 6
    assert await doubler.ask_one_by_one([4, 5], turns=LONG) == [8, 10]
    assert doubler.journeys == [[1, 2], [3], [4], [5]]


async def test_what_is_wrong_with_one_is_no_matter_to_the_others() -> None:
    one, wrong, other = await Doubler().all_of([1, -1, 2])
    assert (one, other) == (2, 4)
    assert isinstance(wrong, NotFound)


async def test_all_hear_of_what_befalls_the_whole_journey() -> None:
    doubler = Doubler()
    outcomes = await doubler.all_of([1, 13])
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert await doubler.ask(1) == 2


async def test_who_is_gone_meanwhile_takes_nobody_along() -> None:
    doubler = Doubler()
    doubler.open.clear()
    asked = [asyncio.create_task(doubler.ask(number)) for number in (1, 2)]
    await doubler.departures.acquire()
    asked[0].cancel()
    doubler.open.set()
    assert await asked[1] == 4
    assert asked[0].cancelled()


async def test_a_deadline_of_one_caller_is_not_that_of_the_others() -> None:
    doubler = Doubler()
    doubler.open.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await doubler.ask(1)
    doubler.open.set()
    assert await doubler.all_of([1, 2]) == [2, 4]


@given(waves=st.lists(st.lists(st.integers(-2, 12), max_size=2 * MAX_BATCH + 1), max_size=4), regrouped=st.booleans())
def test_each_gets_its_own_and_nothing_is_asked_for_twice(waves: list[list[int]], *, regrouped: bool) -> None:
    async def story() -> None:
        doubler = Doubler(regrouped=regrouped)
        asked = []
        for wave in waves:
            asked.append(asyncio.create_task(doubler.all_of(wave)))
            await asyncio.sleep(0)
        for wave, task in zip(waves, asked, strict=True):
            told = [str(outcome) if isinstance(outcome, NotFound) else outcome for outcome in await task]
            assert told == [str(number) if number < 0 else 2 * number for number in wave]
        assert sorted(chain(*doubler.journeys)) == sorted(chain(*waves))
        assert all(len(journey) <= MAX_BATCH for journey in doubler.journeys)

    asyncio.run(story())
