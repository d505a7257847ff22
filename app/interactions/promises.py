# SPDX-License-Identifier: Apache-2.0
"""Promises (service levels, eTOM 1.6.9): what a policy promises, as a pure function of what has happened (`Clock`)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.interactions.working_time import TICK, WorkingTime

FIRST_RESPONSE, PROGRESS, RESOLUTION = NAMES = ("firstResponse", "progress", "resolution")
DUE, PAUSED, MET, CANCELLED = "due", "paused", "met", "cancelled"
"""The states of a promise. There is none for a breach: that a promise was broken follows from its instants."""

CONTINUE, RESTART = REOPENING = ("continue", "restart")
"""What an interaction that is opened again goes on with: its promises as they were, or new ones."""


class Pause(NamedTuple):
    """A time in which promises pause; it goes on while it has no `end`."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class Clock:
    """What has happened to an interaction: the instants from which its promises follow.

    `withdrawn` when it ended without a resolution.
    """

    start: datetime
    first_response: datetime | None = None
    last_response: datetime | None = None
    end: datetime | None = None
    withdrawn: bool = False
    pauses: tuple[Pause, ...] = ()


PARTY = "party"
"""Whom to tell, if it is the party itself; anybody else is a representative."""


@dataclass(frozen=True)
class NoticeStep:
    """When somebody is to be told of a promise: so much working time `before` it is due, or `after`."""

    promise: str
    tell: str
    before: timedelta = timedelta()
    after: timedelta = timedelta()

    @property
    def name(self) -> str:
        """Tells the step from the others of a policy; part of the id of what is sent."""
        sign, distance = ("-", self.before) if self.before else ("+", self.after)
        return f"{self.promise}{sign}{distance // timedelta(seconds=1)}s:{self.tell}"


@dataclass(frozen=True)
class NoticeHours:
    """The times at which parties, and representatives, may be told something; at any time where there are none."""

    party: WorkingTime | None = None
    representative: WorkingTime | None = None

    def allowed_from(self, at: datetime, tell: str) -> datetime:
        """The first instant from `at` on at which one may be told."""
        hours = self.party if tell == PARTY else self.representative
        # What ends one tick after it begins, begins as soon as there is working time.
        return hours.add(at, TICK) - TICK if hours else at


@dataclass(frozen=True)
class Policy:
    """What is promised for interactions that are as in `when`: of each attribute one of several values, in lower case.

    Promises pause while the interaction waits for one in `pause_while`. A note answers if its author has a role in
    `answered_by`, or is the assignee.
    """

    name: str
    hours: WorkingTime
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    targets: Mapping[str, timedelta] = field(default_factory=dict)
    pause_while: frozenset[str] = frozenset({"party"})
    answered_by: frozenset[str] = frozenset({"agent"})
    reopening: str = CONTINUE
    notices: tuple[NoticeStep, ...] = ()
    notice_hours: NoticeHours = NoticeHours()


class DueNotice(NamedTuple):
    """That somebody is to be told of a promise, which is `due` then, `at` this instant."""

    at: datetime
    due: datetime
    step: NoticeStep

    @property
    def key(self) -> str:
        """Tells the notice from the others of an interaction, also of one whose promises have moved since."""
        return f"{self.step.name}@{self.due:%Y-%m-%dT%H:%M:%S.%f}"


def promises(policy: Policy, clock: Clock) -> list[dict[str, Any]]:
    """The promises of an interaction, as its attribute `promise` has them."""
    return list(_promises(policy, clock))


def due_notices(policy: Policy, made: Iterable[Mapping[str, Any]]) -> list[DueNotice]:
    """Whom to tell of the promises `made` that run, earliest first; also what should have been told already.

    What falls into a time at which its recipient is not to be told, comes when that is over.

    A notice of what was told before has the same step and the same `due`: who tells it knows by them.
    """
    running = {each["name"]: each["dueDate"] for each in made if each["state"] == DUE}
    hours = policy.hours
    notices = (
        DueNotice(policy.notice_hours.allowed_from(_step_instant(hours, due, step), step.tell), due, step)
        for step in policy.notices
        if (due := running.get(step.promise))
    )
    return sorted(notices, key=lambda notice: notice.at)


def _step_instant(hours: WorkingTime, due: datetime, step: NoticeStep) -> datetime:
    return hours.subtract(due, step.before) if step.before else hours.add(due, step.after)


def first_due(made: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When the first of the promises that run is due; None where none runs."""
    return min((each["dueDate"] for each in made if each["state"] == DUE), default=None)


def _promises(policy: Policy, clock: Clock) -> Iterator[dict[str, Any]]:
    targets = policy.targets
    if FIRST_RESPONSE in targets:
        yield _promise(policy, FIRST_RESPONSE, clock.start, clock.first_response, clock)
    if PROGRESS in targets and (clock.last_response or FIRST_RESPONSE not in targets):
        # The first response has a promise of its own, which progress neither overrules nor follows.
        yield _promise(
            policy, PROGRESS, clock.last_response or clock.start, None if clock.withdrawn else clock.end, clock
        )
    if RESOLUTION in targets:
        yield _promise(policy, RESOLUTION, clock.start, None if clock.withdrawn else clock.end, clock)


def _promise(policy: Policy, name: str, start: datetime, met: datetime | None, clock: Clock) -> dict[str, Any]:
    due, paused = _due(policy.hours, start, policy.targets[name], _counting(clock.pauses, start, met))
    promise = {"name": name, "state": PAUSED if paused else DUE, "dueDate": due}
    if met:
        return {**promise, "state": MET, "metDate": met}
    return {**promise, "state": CANCELLED} if clock.end else promise


def _counting(pauses: Iterable[Pause], start: datetime, met: datetime | None) -> Iterator[Pause]:
    """The pauses that count for what began at `start` and was met then: those before that."""
    return (each for each in pauses if (each.end is None or each.end > start) and (met is None or each.start < met))


def _due(hours: WorkingTime, start: datetime, amount: timedelta, pauses: Iterable[Pause]) -> tuple[datetime, bool]:
    """When `amount` of working time will have passed since `start`, without the pauses; and whether it pauses now.

    What was due before a pause is due then: a pause mends no breach. What pauses would be due then if it did not.
    """
    at, due = start, hours.add(start, amount)
    for pause in pauses:
        if due <= pause.start:
            break
        if pause.end is None:
            return due, True
        left = hours.between(max(at, pause.start), due)
        at = pause.end
        due = hours.add(at, left)
    return due, False
