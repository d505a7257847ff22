# SPDX-License-Identifier: Apache-2.0
"""Slices: interactions and answers grouped by the dimensions of a question, with the figures of each group."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain.channels import UNKNOWN, Kinds
from app.errors import InvalidQuery
from app.interactions.insight.answer_blocks import Block, Place
from app.interactions.insight.estimates import (
    SATISFIED,
    Estimate,
    mean_estimate,
    net_promoter_estimate,
    quantile,
    share_estimate,
)
from app.interactions.insight.packed_facts import PackedFacts, number_of, unpack
from app.interactions.insight.periods import Periods
from app.interactions.insight.questions import CHANNEL, PERIOD, REASON, ROLE, Question

MOST_SLICES = 10_000
"""Slices of an answer at most."""

Key = tuple[str, ...]
Facts = Mapping[str, Any]


class Figures:
    """What one slice counts."""

    def __init__(self) -> None:
        self.volume = 0
        self.backlog = 0
        self.response: list[int] = []
        self.resolution: list[int] = []
        self.promises: dict[str, list[int]] = {}
        self.scores: dict[str, list[int]] = defaultdict(list)


class Slices:
    """The slices of a question, to which facts and blocks of answers are added. `kinds` are those of channels."""

    def __init__(self, question: Question, kinds: Kinds) -> None:
        self._question = question
        self._kinds = kinds
        self._periods = Periods(question.period, question.zone, question.begin, question.end)
        self._figures: dict[tuple[Key, int], Figures] = {}
        self._as_of = number_of(question.as_of) or 0
        self._begin, self._end = _naive(question.begin), _naive(question.end)
        self._ends = [_naive(min(each, question.as_of)) for each in self._periods.ends]
        self._opened: dict[Key, list[int]] = {}

    def add(self, batch: Iterable[Facts]) -> None:
        """Count facts with naive date-times: in the volume of their period, and in the backlog while they are open.

        Raises `InvalidQuery` for more than `MOST_SLICES`.
        """
        for facts in batch:
            created, parts = facts["at"], unpack(facts["of"])
            keys = self._keys(self.place_of(parts))
            if self._begin <= created < self._end:
                number = self._periods.number(created.replace(tzinfo=UTC))
                for key in keys:
                    self._count(self._slice(key, number), parts)
            first, last = bisect_left(self._ends, created), bisect_left(self._ends, facts["end"])
            if first < last:
                for key in keys:
                    opened = self._opened.setdefault(key, [0] * (len(self._ends) + 1))
                    opened[first] += 1
                    opened[last] -= 1

    def add_answers(self, blocks: Iterable[Block]) -> None:
        """Count blocks of answers in the slices in which all of their answers are."""
        question = self._question
        for block in blocks:
            if question.begin <= block.at < question.end:
                for key in self._keys_of_block(block):
                    self._slice(key, self._periods.number(block.at)).scores[block.kind] += block.scores

    def place_of(self, parts: PackedFacts) -> Place:
        """The kind of the channel, the reason and the roles of an interaction."""
        return Place(self._kinds.get(parts.channel, UNKNOWN), parts.reason, tuple(parts.roles) or ("",))

    def documents(self) -> list[dict[str, Any]]:
        """The slices as an answer shows them, in the order of their dimensions, and of time; none is empty."""
        self._count_backlog()
        return [
            {"@type": "InsightSlice", **self._dimensions(key, number), **_figures_document(figures)}
            for (key, number), figures in sorted(self._figures.items(), key=lambda each: each[0])
        ]

    def _keys(self, place: Place) -> Iterable[Key]:
        question = self._question
        if question.channels and place.channel not in question.channels:
            return ()
        if question.reasons and place.reason not in question.reasons:
            return ()
        roles = [each for each in place.roles if each in question.roles] if question.roles else place.roles
        if not roles:
            return ()
        named = [place.channel] if CHANNEL in question.group_by else []
        if REASON in question.group_by:
            named.append(place.reason)
        return [(*named, role) for role in roles] if ROLE in question.group_by else [tuple(named)]

    def _keys_of_block(self, block: Block) -> Iterable[Key]:
        if block.place is not None:
            return self._keys(block.place)
        question = self._question
        if not question.has_dimensions:
            return [()]
        by_channel_alone = not (question.reasons or question.roles or {REASON, ROLE} & set(question.group_by))
        return self._keys(Place(block.channel, "", ("",))) if by_channel_alone and block.channel is not None else ()

    def _slice(self, key: Key, number: int) -> Figures:
        figures = self._figures.get((key, number))
        if figures is None:
            if len(self._figures) == MOST_SLICES:
                raise InvalidQuery(
                    f"That makes more than {MOST_SLICES} slices; group by less, filter, or take longer periods"
                )
            figures = self._figures[key, number] = Figures()
        return figures

    def _count(self, figures: Figures, parts: PackedFacts) -> None:
        figures.volume += 1
        if parts.response is not None:
            figures.response.append(parts.response)
        if parts.resolution is not None:
            figures.resolution.append(parts.resolution)
        for name, breach, met in parts.promises:
            is_broken = breach is not None and breach < self._as_of
            if is_broken or (met is not None and met <= self._as_of):
                counted = figures.promises.setdefault(name, [0, 0])
                counted[0] += 1
                counted[1] += is_broken

    def _count_backlog(self) -> None:
        for key, opened in self._opened.items():
            backlog = 0
            for number, start in enumerate(self._periods.starts):
                backlog += opened[number]
                if backlog and start <= self._question.as_of:
                    self._slice(key, number).backlog = backlog

    def _dimensions(self, key: Key, number: int) -> dict[str, Any]:
        question = self._question
        named = dict(zip([name for name in question.group_by if name != PERIOD], key, strict=True))
        if PERIOD not in question.group_by:
            return named
        return {
            **named,
            PERIOD: {"startDateTime": self._periods.starts[number], "endDateTime": self._periods.ends[number]},
        }


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _figures_document(figures: Figures) -> dict[str, Any]:
    shown: dict[str, Any] = {"volume": figures.volume, "backlog": figures.backlog}
    for name, durations in (("responseTime", figures.response), ("resolutionTime", figures.resolution)):
        if durations:
            shown[name] = _duration_document(sorted(durations))
    if figures.promises:
        shown["promise"] = [
            {"name": name, "count": count, "breached": broken, "breachRate": _document(share_estimate(broken, count))}
            for name, (count, broken) in sorted(figures.promises.items())
        ]
    if figures.scores:
        shown["satisfaction"] = [_satisfaction_document(*each) for each in sorted(figures.scores.items())]
    return shown


def _duration_document(ordered: Sequence[int]) -> dict[str, Any]:
    return {
        "count": len(ordered),
        "median": quantile(ordered, 0.5) / 1000,
        "p90": quantile(ordered, 0.9) / 1000,
    }


def _satisfaction_document(kind: str, scores: Sequence[int]) -> dict[str, Any]:
    shown = {"surveyType": kind, "count": len(scores), "mean": _document(mean_estimate(scores))}
    if kind == "CSAT":
        shown["satisfied"] = _document(share_estimate(sum(each >= SATISFIED for each in scores), len(scores)))
    if kind == "NPS":
        shown["netPromoterScore"] = _document(net_promoter_estimate(scores))
    return shown


def _document(estimate: Estimate) -> dict[str, float]:
    return {name: value for name, value in estimate._asdict().items() if value is not None}
