# SPDX-License-Identifier: Apache-2.0
"""Facts (measures) of interactions and surveys, from their stored documents, as reports count them.

All reports use these, so that none of them defines a measure otherwise. Date-times are UTC, durations elapsed seconds,
not working time. Of the attributes below, those of the class that is tracked count for interactions of that class
alone: in others a client may have sent anything under these names.

| fact | definition |
|---|---|
| created | `creationDate`: when it was recorded, or the instant that a client sent, as an import of the past does |
| period | the UTC day of `created`, which never changes, so that no interaction moves from one period to another |
| started | `clock.startDate`, when the promises began, anew where a policy restarts them; without a clock `created` |
| over, ended | with a clock, whether there is `clock.endDate`, and that; else whether the state is final, and since when (`statusChangeDate`) |
| withdrawn | over without a resolution: `clock.withdrawn`; without a clock, the state `cancelled` |
| response seconds | `clock.firstResponseDate` minus `started`; none without a clock, as nothing else tells of an answer |
| resolution seconds | `ended` minus `started`; none while it is not over, and none if it was withdrawn |
| backlog at T | `created` ≤ T, and not over by then: not over, or `ended` > T. Of one that was opened again only the last end counts |
| breach of a promise | `dueDate`, unless it was met by then (`metDate` ≤ `dueDate`), was no longer needed before that (cancelled: `clock.endDate` ≤ `dueDate`), or pauses |
| breached at T | a breach < T: `dueDate` has passed and the promise is not met, or was met later |
| channel, channels | the bucket of the first channel; and of each, once, in their order (`app.domain.channels`) |
| direction | `inbound`, `outbound` or `unknown` (`app.domain.channels`) |
| reason, priority, assignee | the text, the text, and the id, as they stand; empty where there is none |
| roles | the roles of the related parties as they stand, each once, in their order; whoever counts by role counts an interaction under each |
| state | the declared state, in its declared spelling; the text itself where a lifecycle no longer declares it |

A duration that would be negative, as dates from clients may make it, is none.

Of a survey: its kind (`CSAT`, `NPS`, `CES`), state, when it was asked (`creationDate`) and until when it could be answered
(`expirationDate`), and once it is answered the score and when that was (`statusDate`); what is rated, and who answers.
"""  # noqa: E501 - a row of a table is a line

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from app.domain.channels import UNKNOWN, Kinds, channels_of, direction_of
from app.domain.ownership import objects_at, texts_at
from app.domain.rules import Lifecycle
from app.interactions.promises import CANCELLED, PAUSED
from app.interactions.survey_engine import ANSWERED

WITHDRAWN = "cancelled"
"""The final state in which an interaction without a clock was withdrawn; the default of the policies, too."""

Document = dict[str, Any]
Part = Mapping[str, Any]


@dataclass(frozen=True)
class FactRules:
    """On what facts depend beside the document: its lifecycle, the classes that are tracked, and the channels."""

    lifecycle: Lifecycle
    tracked: frozenset[str]
    kinds: Kinds


class PromiseFacts(NamedTuple):
    """A promise; `breach` is when it is broken, or will be if nothing happens until then."""

    name: str
    state: str
    due: datetime
    met: datetime | None
    breach: datetime | None

    def breached(self, at: datetime) -> bool:
        """Whether the promise is broken at an instant."""
        return self.breach is not None and self.breach < at


@dataclass(frozen=True)
class InteractionFacts:
    """The facts of an interaction, as the table of this module defines them."""

    created: datetime | None
    started: datetime | None
    first_response: datetime | None
    over: bool
    ended: datetime | None
    withdrawn: bool
    response_seconds: float | None
    resolution_seconds: float | None
    state: str
    direction: str
    channel: str
    channels: tuple[str, ...]
    reason: str
    priority: str
    assignee: str
    roles: tuple[str, ...]
    promises: tuple[PromiseFacts, ...]

    @property
    def period(self) -> date | None:
        """The UTC day to which the interaction belongs."""
        return self.created.date() if self.created else None

    def in_backlog(self, at: datetime) -> bool:
        """Whether the interaction was there, and not over, at an instant."""
        if self.created is None or self.created > at:
            return False
        return not self.over or (self.ended is not None and self.ended > at)


class SurveyFacts(NamedTuple):
    """The facts of a survey; `score` and `answered` are there once it is answered."""

    kind: str
    state: str
    asked: datetime | None
    expires: datetime | None
    answered: datetime | None
    score: int | None
    rated_type: str
    rated_id: str
    respondent: str


def interaction_facts(document: Document, rules: FactRules) -> InteractionFacts:
    """The facts of a stored interaction."""
    tracked = document if document.get("@type") in rules.tracked else {}
    clock: Part = tracked.get("clock") or {}
    created = _instant(document.get("creationDate"))
    started = _instant(clock.get("startDate")) or created
    state = _state(document, rules.lifecycle)
    over, ended = _end(document, clock, rules.lifecycle)
    withdrawn = bool(clock.get("withdrawn")) if clock else over and state == WITHDRAWN
    first_response = _instant(clock.get("firstResponseDate"))
    kinds = _unique_texts(kind for _, kind in channels_of(document, rules.kinds)) or (UNKNOWN,)
    return InteractionFacts(
        created=created,
        started=started,
        first_response=first_response,
        over=over,
        ended=ended,
        withdrawn=withdrawn,
        response_seconds=_seconds(started, first_response),
        resolution_seconds=None if withdrawn else _seconds(started, ended),
        state=state,
        direction=direction_of(document),
        channel=kinds[0],
        channels=kinds,
        reason=text_at(document, "reason"),
        priority=text_at(tracked, "priority"),
        assignee=text_at(tracked, "assignee", "id"),
        roles=_unique_texts(texts_at(document, ("relatedParty", "role"))),
        promises=tuple(promise_facts(each, ended) for each in objects_at(tracked, ("promise",))),
    )


def promise_facts(promise: Part, ended: datetime | None) -> PromiseFacts:
    """The facts of a stored promise of an interaction that `ended` then, if it did."""
    due = _instant(promise["dueDate"])
    assert due is not None, "the server makes promises with the instant at which they are due"
    state, met = promise["state"], _instant(promise.get("metDate"))
    stopped = met or (ended if state == CANCELLED else None)
    is_kept = state == PAUSED or (stopped is not None and stopped <= due)
    return PromiseFacts(promise["name"], state, due, met, None if is_kept else due)


def survey_facts(document: Document) -> SurveyFacts:
    """The facts of a stored survey."""
    state = text_at(document, "status").lower()
    is_answered = state == ANSWERED
    return SurveyFacts(
        kind=text_at(document, "surveyType"),
        state=state,
        asked=_instant(document.get("creationDate")),
        expires=_instant(document.get("expirationDate")),
        answered=_instant(document.get("statusDate")) if is_answered else None,
        score=document.get("score") if is_answered else None,
        rated_type=text_at(document, "ratedEntity", "@referredType"),
        rated_id=text_at(document, "ratedEntity", "id"),
        respondent=text_at(document, "respondent", "id"),
    )


def _state(document: Document, lifecycle: Lifecycle) -> str:
    text = document.get(lifecycle.field)
    return lifecycle.state(text) or str(text or "")


def _end(document: Document, clock: Part, lifecycle: Lifecycle) -> tuple[bool, datetime | None]:
    """Whether it is over, and since when, if that is known."""
    if clock:
        ended = _instant(clock.get("endDate"))
        return ended is not None, ended
    if not lifecycle.is_over(document):
        return False, None
    return True, _instant(document.get(lifecycle.changed or ""))


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    return (end - begin).total_seconds() if begin and end and end >= begin else None


def _instant(value: object) -> datetime | None:
    """A stored date-time with its zone, which lists leave out; None for anything else."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def text_at(document: Part, *path: str) -> str:
    """The text at a path through objects; empty where there is none. Faster than what also looks into arrays."""
    value: object = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _unique_texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
