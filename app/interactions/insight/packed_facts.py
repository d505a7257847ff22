# SPDX-License-Identifier: Apache-2.0
"""Packed facts: what insight counts of an interaction, as it stands beside the document in its row, for an index.

Made of `app.interactions.facts`, so that all reports count alike. The channel is the id that the interaction names, as
its kind is looked up when it is read.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from app.domain.channels import main_channel
from app.domain.rules import Lifecycle
from app.interactions.facts import FactRules, interaction_facts
from app.storage.interactions.fact_rows import SPANS

VERSION = 1
"""Of the layout; another one has all rows written anew."""
NEVER_ENDED = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of what is not over."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NO_KINDS: dict[str, str] = {}

PROMISE_PARTS = 3
"""Of each promise: its name; when it is broken, if it is; and when it was met, if that was in time."""


class PackedFacts(NamedTuple):
    """The parts of the text `of`: the id of the channel, reason, roles, durations in milliseconds, and promises."""

    channel: str
    reason: str
    roles: list[str]
    response: int | None
    resolution: int | None
    promises: list[tuple[str, int | None, int | None]]


class FactPacker:
    """Packs the facts of the documents of one resource."""

    def __init__(self, lifecycle: Lifecycle, tracked: frozenset[str]) -> None:
        self._rules = FactRules(lifecycle, tracked, _NO_KINDS)

    def __call__(self, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """The packed facts of a stored document; None for one that does not tell when it was created."""
        facts = interaction_facts(dict(document), self._rules)
        if facts.created is None:
            return None
        # Of what is over, nobody knows since when: then it never counted as open.
        end = (facts.ended or facts.created) if facts.over else NEVER_ENDED
        packed = PackedFacts(
            main_channel(document, _NO_KINDS)[0],
            facts.reason,
            list(facts.roles),
            _milliseconds(facts.response_seconds),
            _milliseconds(facts.resolution_seconds),
            [
                (each.name, number_of(each.breach), number_of(each.met) if each.breach is None else None)
                for each in facts.promises
            ],
        )
        return {
            "at": facts.created,
            "end": end,
            "span": span_of(facts.created, end),
            "of": orjson.dumps(list(packed)).decode(),
        }

    @property
    def digest(self) -> str:
        """Tells whether facts were packed by other rules."""
        rules = self._rules
        final = sorted(
            state for state in rules.lifecycle.moves if rules.lifecycle.is_over({rules.lifecycle.field: state})
        )
        return orjson.dumps(
            [VERSION, rules.lifecycle.field, rules.lifecycle.changed, final, sorted(rules.tracked)]
        ).decode()


def span_of(begin: datetime, end: datetime) -> int:
    """The number of the first of `SPANS` that is longer than from begin to end; their number where none is."""
    return bisect_right(SPANS, end - begin)


def unpack(of: str) -> PackedFacts:
    """The parts of packed facts."""
    return PackedFacts(*orjson.loads(of))


def number_of(instant: datetime | None) -> int | None:
    """An instant in milliseconds since 1970."""
    return None if instant is None else (instant - _EPOCH) // _MILLISECOND


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
