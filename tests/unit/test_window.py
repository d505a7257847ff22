# SPDX-License-Identifier: Apache-2.0
"""The window of a listener: what is delivered next, what waits, and how far all is done with."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.events.delivery.in_flight import IN_FLIGHT, LOOKED_AHEAD, NO_TROUBLE, InFlight, Item, Trouble

AT = datetime(2026, 1, 1, tzinfo=UTC)


def window(*resources: str | None, wide: bool = True) -> InFlight:
    """A window that looked at one entry for each of the `resources` after the entry 100; None is an unwanted one."""
    made = InFlight(100)
    for warming in range(4 if wide else 0):
        made.look(made.ahead + 1, ("Warm", str(warming)))
        made.record_delivery(started(made)[0])
    first = made.ahead + 1
    for sequence, resource in enumerate(resources, first):
        made.look(sequence, ("Individual", resource) if resource else None)
    return made


def started(of: InFlight) -> list[Item]:
    """Every delivery that can begin, begun."""
    return list(beginning(of))


def beginning(of: InFlight) -> Iterator[Item]:
    while item := of.next():
        of.begin(item)
        yield item


def resources(items: list[Item]) -> list[str]:
    return [item.resource[1] for item in items]


def test_different_resources_are_delivered_at_once_and_each_in_its_order() -> None:
    made = window("a", "b", "a", "b", "c")
    first = started(made)
    assert resources(first) == ["a", "b", "c"]
    made.record_delivery(first[0])
    assert [item.sequence for item in started(made)] == [first[0].sequence + 2]


def test_the_position_stays_before_the_first_that_is_not_done() -> None:
    made = window("a", None, "b", "c")
    a, b, c = started(made)
    made.record_delivery(c)
    made.record_delivery(b)
    assert made.position == a.sequence - 1
    made.record_delivery(a)
    assert made.position == c.sequence
    assert made.resting


def test_what_is_not_wanted_is_done_with_at_once() -> None:
    assert window(None, None, wide=False).position == 102


def test_a_new_window_begins_with_one_delivery_and_widens_with_each_that_succeeds() -> None:
    made = window(*"abcdefghijklmnopqrstuvwxyz", wide=False)
    seen = []
    for _ in range(5):
        under_way = [*started(made)]
        seen.append(len(under_way))
        made.record_delivery(under_way[0])
        for item in under_way[1:]:
            item.under_way = False
    assert seen == [1, 2, 4, 8, IN_FLIGHT]


def test_no_more_than_so_many_are_looked_at() -> None:
    made = InFlight(0)
    while made.has_room:
        made.look(made.ahead + 1, ("Individual", "the same"))
    assert made.ahead == LOOKED_AHEAD


def test_while_one_fails_nothing_else_begins() -> None:
    made = window("a", "b", "c", "d")
    a, b, c, d = started(made)
    made.record_failure(b, AT)
    assert started(made) == []
    made.record_delivery(a)
    made.record_delivery(c)
    assert started(made) == []
    made.record_delivery(d)
    assert not made.has_room
    assert started(made) == [b]


def test_those_that_failed_are_tried_one_by_one_and_count_as_one_failure() -> None:
    made = window("a", "b", "c")
    a, b, c = started(made)
    made.record_failure(a, AT)
    made.record_failure(b, AT)
    made.record_delivery(c)
    assert made.attempts == 1
    assert started(made) == [a]
    made.record_failure(a, AT + timedelta(seconds=1))
    assert (made.attempts, a.failing_since) == (2, AT)
    assert started(made) == [a]
    made.record_delivery(a)
    assert started(made) == [b]
    made.record_delivery(b)
    assert (made.failed_items, made.attempts) == ([], 0)


def test_what_was_delivered_is_not_delivered_again_after_a_break() -> None:
    made = window("a", "b", "c")
    a, b, c = started(made)
    made.record_delivery(b)
    made.resume(made.position, NO_TROUBLE)
    assert [item.sequence for item in started(made)] == [a.sequence]
    made.record_delivery(a)
    assert [item.sequence for item in started(made)] == [c.sequence]


def test_what_another_process_delivered_meanwhile_is_left_out() -> None:
    made = window("a", "b", "c")
    _, b, c = started(made)
    made.resume(b.sequence, NO_TROUBLE)
    assert [item.sequence for item in started(made)] == [c.sequence]


def test_a_window_that_is_set_back_forgets_what_was_delivered() -> None:
    made = window("a", "b")
    for item in started(made):
        made.record_delivery(item)
    made.stored = made.position
    made.resume(100, NO_TROUBLE)
    assert (made.position, made.ahead, made.stored) == (100, 100, 100)


def test_the_first_delivery_takes_over_the_trouble_of_an_earlier_run() -> None:
    made = InFlight(100)
    made.resume(100, Trouble(3, AT))
    made.look(101, None)
    made.look(102, ("Individual", "a"))
    (first,) = made.failed_items
    assert (first.sequence, first.attempts, first.failing_since) == (102, 3, AT)


def test_a_resumed_listener_is_not_blamed_for_what_failed_before() -> None:
    made = window("a")
    (item,) = started(made)
    made.record_failure(item, AT)
    made.resume(made.position, NO_TROUBLE)
    assert (made.attempts, item.failing_since) == (0, None)


@given(st.lists(st.sampled_from([None, "a", "b", "c", "d"]), max_size=40), st.randoms(use_true_random=False))
def test_whatever_happens_each_is_delivered_once_and_in_order_per_resource(
    entries: list[str | None], chance: Any
) -> None:
    made, taken, under_way, queue = InFlight(0), [], [], list(enumerate(entries, 1))
    while queue or not made.resting:
        if queue and made.has_room:
            made.look(queue[0][0], ("R", queue[0][1]) if queue[0][1] else None)
            queue.pop(0)
        under_way += started(made)
        assert len(under_way) <= IN_FLIGHT
        if under_way:
            item = under_way.pop(chance.randrange(len(under_way)))
            if chance.random() < 0.3:
                made.record_failure(item, AT)
            else:
                made.record_delivery(item)
                taken.append(item)
        assert all(
            entries[each - 1] is None or each in [item.sequence for item in taken]
            for each in range(1, made.position + 1)
        )
    wanted = [sequence for sequence, resource in enumerate(entries, 1) if resource]
    assert sorted(item.sequence for item in taken) == wanted
    for resource in "abcd":
        of_it = [item.sequence for item in taken if item.resource == ("R", resource)]
        assert of_it == sorted(of_it)
    assert made.position == len(entries)
