# SPDX-License-Identifier: Apache-2.0
"""Suppression of small numbers (statistical disclosure control): answers count in blocks of k, or not at all.

Every answer is in one block at most, and each figure is made of whole blocks. So whatever slices somebody subtracts
from each other, in whatever time zones and ranges, and whenever they are asked for, the rest is made of whole blocks,
too: of no fewer than k answers. Blocks are a function of what was answered up to an instant, and stay as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

SETTLED = timedelta(days=1)
"""How long after its end a month is closed: answers that were given in it are stored by then."""


class Place(NamedTuple):
    """What an answer is about: an interaction's channel, reason and roles."""

    channel: str
    reason: str
    roles: tuple[str, ...]


class Answer(NamedTuple):
    """An answer of a survey: its instant, id, kind and score, and what it is about."""

    at: datetime
    id: str
    kind: str
    score: int
    place: Place


class Block(NamedTuple):
    """At least k answers of one kind, which count at the instant of the last of them.

    `channel` is None where they differ in it, and `place` where they differ in anything.
    """

    at: datetime
    kind: str
    scores: tuple[int, ...]
    channel: str | None
    place: Place | None


def month_of(instant: datetime) -> datetime:
    """The beginning of the month (UTC) of an instant: blocks are made within it."""
    return datetime(instant.year, instant.month, 1, tzinfo=UTC)


def next_month(month: datetime) -> datetime:
    """The beginning of the month after one."""
    return month_of(month + timedelta(days=32))


def blocks(answers: Iterable[Answer], least: int, now: datetime) -> list[Block]:
    """The blocks of at least `least` answers, which have to be all of their months.

    Each `least` answers of a kind and place that follow each other in time are a block. Once a month is over, what is
    left of it is a block of its kind and channel, if it is enough; then what is left of all, a block of its kind. What
    is left after that is never counted.
    """
    ordered = sorted(answers, key=lambda each: (each.kind, each.at, each.id))
    return [
        block
        for (_, month), some in groupby(ordered, key=lambda each: (each.kind, month_of(each.at)))
        for block in _month_blocks(list(some), least, month, now)
    ]


def _month_blocks(answers: list[Answer], least: int, month: datetime, now: datetime) -> Iterator[Block]:
    left: dict[Place, list[Answer]] = defaultdict(list)
    for each in answers:
        waiting = left[each.place]
        waiting.append(each)
        if len(waiting) == least:
            yield _block(waiting, each.at, each.place.channel, each.place)
            left[each.place] = []
    if now < next_month(month) + SETTLED:
        return
    last = next_month(month) - timedelta(milliseconds=1)
    by_channel: dict[str, list[Answer]] = defaultdict(list)
    for place, some in left.items():
        by_channel[place.channel] += some
    rest: list[Answer] = []
    for channel, some in by_channel.items():
        if len(some) >= least:
            yield _block(some, last, channel, None)
        else:
            rest += some
    if len(rest) >= least:
        yield _block(rest, last, None, None)


def _block(answers: list[Answer], at: datetime, channel: str | None, place: Place | None) -> Block:
    return Block(at, answers[0].kind, tuple(sorted(each.score for each in answers)), channel, place)
