# SPDX-License-Identifier: Apache-2.0
"""Contention for a key: one at a time in order of arrival, tried again when stale, never longer than it may take."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OverCapacity, Unavailable
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.contention import LONGEST_PAUSE, Contention

pytestmark = pytest.mark.anyio


class Row:
    """A row whose writers note when they enter and leave; those that must, lose some attempts first."""

    def __init__(self) -> None:
        self.inside = 0
        self.written: list[int] = []
        self.open = asyncio.Event()

    def writer(self, number: int, lost: int = 0) -> Callable[[], Awaitable[int]]:
        left = [lost]

        async def write() -> int:
            self.inside += 1
            assert self.inside == 1, "two at a time"
            await self.open.wait()
            self.inside -= 1
            if left[0]:
                left[0] -= 1
                raise ConcurrentModification
            self.written.append(number)
            return number

        return write


async def settled() -> None:
    """Whatever can go on has gone as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_comes_first_writes_first() -> None:
    row, contention = Row(), Contention()
    writers = [asyncio.create_task(contention.run("1", row.writer(number))) for number in range(200)]
    await settled()
    row.open.set()
    assert await asyncio.gather(*writers) == row.written == list(range(200))


async def test_other_keys_are_not_waited_for() -> None:
    row, other, contention = Row(), Row(), Contention()
    busy = asyncio.create_task(contention.run("1", row.writer(1)))
    other.open.set()
    assert await contention.run("2", other.writer(2)) == 2
    row.open.set()
    assert await busy == 1


async def test_the_stale_are_tried_again_before_others_have_their_turn() -> None:
    row, contention = Row(), Contention()
    row.open.set()
    writers = [contention.run("1", row.writer(number, lost)) for number, lost in enumerate([3, 0, 1])]
    assert await asyncio.gather(*writers) == row.written == [0, 1, 2]


async def test_an_error_ends_one_turn_and_no_other() -> None:
    contention, row = Contention(), Row()
    row.open.set()

    async def fail() -> int:
        raise ValueError("wrong")

    one, two = await asyncio.gather(
        contention.run("1", fail), contention.run("1", row.writer(2)), return_exceptions=True
    )
    assert (str(one), two) == ("wrong", 2)


async def test_whoever_is_always_late_is_told_to_come_back() -> None:
    row, contention = Row(), Contention(seconds=2 * LONGEST_PAUSE)
    row.open.set()
    with pytest.raises(Unavailable, match="Too many changed the same resource at once") as late:
        await contention.run("1", row.writer(1, lost=10**9))
    assert late.value.headers == {"Retry-After": "1"}
    assert await contention.run("1", row.writer(2)) == 2


async def test_whoever_waits_too_long_is_told_to_come_back_and_leaves_the_queue() -> None:
    row, contention = Row(), Contention(seconds=0.01)
    first = asyncio.create_task(contention.run("1", row.writer(1)))
    await settled()
    late = await asyncio.gather(*(contention.run("1", row.writer(n)) for n in range(2, 5)), return_exceptions=True)
    assert [type(each) for each in late] == [Unavailable] * 3
    row.open.set()
    assert await first == 1
    assert await contention.run("1", row.writer(6)) == 6
    assert row.written == [1, 6]


async def test_a_full_queue_takes_nobody_more() -> None:
    row, contention = Row(), Contention(most=2)
    writers = [asyncio.create_task(contention.run("1", row.writer(number))) for number in range(3)]
    await settled()
    with pytest.raises(OverCapacity) as full:
        await contention.run("1", row.writer(3))
    assert full.value.headers == {"Retry-After": "1"}
    row.open.set()
    assert await asyncio.gather(*writers) == [0, 1, 2]


@given(lost=st.lists(st.integers(0, 2), max_size=6), cancelled=st.sets(st.integers(0, 5)))
async def test_whoever_gives_up_holds_nobody_up(lost: list[int], cancelled: set[int]) -> None:
    row, contention = Row(), Contention()
    writers = [asyncio.create_task(contention.run("1", row.writer(n, times))) for n, times in enumerate(lost)]
    await settled()
    for number in cancelled & {*range(len(lost))} - {0}:
        writers[number].cancel()
    row.open.set()
    outcomes = await asyncio.gather(*writers, return_exceptions=True)
    kept = [number for number in range(len(lost)) if number == 0 or number not in cancelled]
    assert row.written == kept
    assert [each for each in outcomes if isinstance(each, int)] == kept
    row.open.set()
    assert await contention.run("1", row.writer(9)) == 9
