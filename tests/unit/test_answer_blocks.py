# SPDX-License-Identifier: Apache-2.0
"""Fewer than k answers are told of by no figure, by no difference of figures, and not by asking again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.interactions.insight.answer_blocks import Answer, Block, Place, blocks
from app.interactions.insight.questions import Question, read_question
from app.interactions.insight.slices import Slices

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
LEAST = 5
PLACES = [
    Place(channel, reason, roles)
    for channel in ("phone", "web")
    for reason in ("a", "b")
    for roles in (("c",), ("c", "d"))
]


def answers(seeds: list[tuple[int, int, int]]) -> list[Answer]:
    """Answers at hours since `START`, each with a score of its own, by which it is known in sums."""
    return [
        Answer(START + timedelta(hours=hour), f"{number:04}", kind, 1 << number, PLACES[place])
        for number, (hour, place, of) in enumerate(seeds)
        for kind in [("CSAT", "NPS")[of]]
    ]


DRAWN = st.lists(st.tuples(st.integers(0, 2100), st.integers(0, 7), st.integers(0, 1)), max_size=60).map(answers)


def sums(made: list[Block], query: str) -> Iterator[int]:
    """The answers, as bits, of each figure of a question."""
    slices = Slices(read_question(query, NOW), {})
    slices.add_answers(made)
    for figures in slices._figures.values():
        for scores in figures.scores.values():
            yield sum(scores)


QUESTIONS = [
    f"from={begin}&to={end}{groups}{filters}"
    for begin, end in (
        ("2026-01-01", "2026-04-01"),
        ("2026-01-01", "2026-02-14"),
        ("2026-01-20T11:00:00Z", "2026-03-03"),
    )
    for groups in (
        "",
        "&groupBy=channel",
        "&groupBy=reason",
        "&groupBy=role",
        "&groupBy=channel,reason,role",
        "&groupBy=period&period=day",
        "&groupBy=period&period=day&timeZone=Pacific/Kiritimati",
        "&groupBy=channel,period&period=month&timeZone=America/Lima",
    )
    for filters in ("", "&channel=phone", "&reason=a&role=d")
]


@settings(max_examples=40, deadline=None)
@given(DRAWN)
def test_whoever_subtracts_slices_finds_no_fewer_than_k_answers(drawn: list[Answer]) -> None:
    """Each figure is a sum of whole blocks, so that each difference, and each sum of such, is one of whole blocks.

    The attack: subtract each figure from each that has all of its answers, and those differences from each other.
    """
    made = blocks(drawn, LEAST, NOW)
    assert not set(chain.from_iterable(each.scores for each in made)) - {each.score for each in drawn}
    figures = {each for query in QUESTIONS for each in sums(made, query)}
    differences = {one & ~other for one in figures for other in figures if one & other}
    for each in figures | differences:
        assert each == 0 or each.bit_count() >= LEAST


@settings(max_examples=40, deadline=None)
@given(DRAWN, st.integers(0, 2300))
def test_whoever_asks_again_after_each_answer_finds_no_fewer_than_k(drawn: list[Answer], hours: int) -> None:
    """What was told before is told again, and what is told more is of k answers at least."""
    now = START + timedelta(hours=hours)
    before = blocks([each for each in drawn if each.at <= now], LEAST, now)
    after = blocks(drawn, LEAST, NOW)
    assert set(before) <= set(after)
    assert all(len(each.scores) >= LEAST for each in after)
    assert len({score for each in after for score in each.scores}) == sum(len(each.scores) for each in after)


def test_plain_thresholds_would_be_broken_by_the_attack() -> None:
    """The mutant: a slice of k answers or more is told, whatever it shares with others."""
    drawn = answers([(hour, 0 if hour < 6 else 4, 0) for hour in range(7)])
    slices = {"all": drawn, "phone": [each for each in drawn if each.place.channel == "phone"]}
    told = {name: sum(each.score for each in some) for name, some in slices.items() if len(some) >= LEAST}
    assert (told["all"] - told["phone"]).bit_count() == 1


def test_of_a_month_that_is_over_what_was_left_is_told_together() -> None:
    drawn = answers([(1, 0, 0), (2, 0, 0), (3, 2, 0), (4, 2, 0), (5, 2, 0), (6, 4, 0)])
    assert blocks(drawn, LEAST, START + timedelta(days=32) - timedelta(seconds=1)) == []
    (one,) = blocks(drawn, LEAST, START + timedelta(days=32))
    assert (one.channel, one.place, len(one.scores)) == ("phone", None, 5)
    assert list(sums([one], "from=2026-01-01&to=2026-02-01&groupBy=channel"))
    assert not list(sums([one], "from=2026-01-01&to=2026-02-01&groupBy=reason"))


def test_with_k_of_one_each_answer_counts_at_its_own_instant() -> None:
    drawn = answers([(hour * 5, hour % 8, hour % 2) for hour in range(40)])
    made = blocks(drawn, 1, NOW)
    assert {(each.at, each.kind, each.scores, each.place) for each in made} == {
        (each.at, each.kind, (each.score,), each.place) for each in drawn
    }


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("groupBy=party", "should be one of channel, reason, role, period"),
        ("groupBy=period&period=year", "should be one of day, week, month"),
        ("period=month", "group by it, too"),
        ("timeZone=Mars/Olympus", "is no time zone"),
        ("timeZone=UTC&timeZone=UTC", "should be there once"),
        ("from=2026-02-30", "should be a date"),
        ("from=2026-02-01T00:00:00", "with an offset"),
        ("from=0001-01-01", "should be a date"),
        ("from=2026-03-01&to=2026-03-01", "should be earlier"),
        ("from=2000-01-01", "days apart"),
        ("asOf=2026-04-02", "later than now"),
        ("&".join(f"reason={number}" for number in range(101)), "at most 100"),
    ],
)
def test_a_question_that_is_not_understood_says_what_would_be_right(query: str, told: str) -> None:
    from app.errors import InvalidQuery

    with pytest.raises(InvalidQuery) as wrong:
        read_question(query, NOW)
    assert told in wrong.value.message


def test_a_question_begins_with_the_days_of_its_time_zone() -> None:
    asked: Question = read_question(
        "from=2026-03-01&to=2026-04-01&timeZone=Europe%2FAmsterdam&groupBy=period,role", NOW
    )
    assert (asked.begin, asked.end) == (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert (asked.group_by, asked.period, asked.as_of) == (("role", "period"), "day", NOW)
    assert read_question("", NOW).begin == datetime(2026, 3, 2, tzinfo=UTC)
