# SPDX-License-Identifier: Apache-2.0
"""The decision about a pair of parties that may be the same: a person's, or that of the policy for what is certain."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from app.processes.definition import Ask, Complete
from app.processes.form import TEXT, Form
from app.processes.policies import LATEST_CHANGE, MERGE
from app.processes.step import Step
from app.processes.suspicion import DECISION, SURVIVOR, UNTIL
from app.storage.documents.rows import StoredDocument
from app.storage.identity.suspicions import NOT_SAME, Suspicion

LATER = "later"
CERTAIN = "certain"

ANSWER = Form(
    {
        DECISION: {"enum": [MERGE, NOT_SAME, LATER], "description": "whether both are the same, or when to ask again"},
        SURVIVOR: {**TEXT, "description": "for merge: the id of the one that stays"},
        UNTIL: {"type": "string", "format": "date", "description": "for later: the day on which to ask again"},
    },
    (DECISION,),
)
EXPLANATION = Form(
    {
        "grade": {"type": "string", "description": "certain, or possible"},
        "score": {"type": "number", "description": "the sum of the weights"},
        "levels": {"type": "array", "description": "of each attribute the level at which both agree, and its weight"},
        "vetoes": {"type": "array", "description": "the vetoes that capped the grade"},
        "rules": {"type": "object", "description": "version and digest of the rule file"},
    }
)


async def by_policy(step: Step, suspicion: Suspicion) -> Complete | None:
    """What the policy decides; None where that is for a person."""
    pair, policy = suspicion.pair, step.policies.resolve_duplicate
    if pair.grade != CERTAIN or policy.certain != MERGE or DECISION in step.answers:
        return None
    both = [found for id in pair.ids if (found := await step.find(pair.resource, id))]
    _note(step, suspicion, MERGE, by="policy")
    return Complete({DECISION: MERGE, SURVIVOR: _survivor(policy.survivor, both)})


def by_person(step: Step, suspicion: Suspicion) -> Complete | Ask:
    """What somebody decides: complete where that can be carried out, else what is to be decided still."""
    pair, answers = suspicion.pair, step.answers
    what = f"{pair.resource} {pair.first} and {pair.second}"
    decision = answers.get(DECISION)
    if decision == NOT_SAME:
        _note(step, suspicion, NOT_SAME)
        return Complete()
    if decision == MERGE:
        if answers.get(SURVIVOR) not in pair.ids:
            return Ask(f"to merge {what}, `{SURVIVOR}` should be the id of one of them", lapse=(DECISION, SURVIVOR))
        _note(step, suspicion, MERGE)
        return Complete()
    if decision == LATER:
        if UNTIL not in answers:
            return Ask(f"to decide later about {what}, `{UNTIL}` should be the day", lapse=(DECISION,))
        until = datetime.combine(date.fromisoformat(answers[UNTIL]), time(), UTC)
        if until > step.now:
            _note(step, suspicion, LATER, until=until)
            return Ask(f"{what} may be the same; postponed until {until:%Y-%m-%d}", until)
    told = f"{what} may be the same ({pair.grade}, score {pair.score:g}): {MERGE}, {NOT_SAME}, or {LATER}?"
    return Ask(told, lapse=(DECISION, UNTIL))


def _note(step: Step, suspicion: Suspicion, what: str, *, by: str = "", **more: Any) -> None:
    by = by or step.answered_by or f"flow {step.flow.id}"
    step.work.add(partial(step.services.suspicions.note, suspicion, {"what": what, "by": by, "at": step.now, **more}))


def _survivor(rule: str, both: list[StoredDocument]) -> str:
    """Which of two survives that nobody decides about; the one with the lower id where the rule does not tell."""
    if rule == LATEST_CHANGE:
        return max(sorted(both, key=lambda each: each.id, reverse=True), key=lambda each: each.changed).id
    return min(both, key=lambda each: (-_values(each.document), each.id)).id


def _values(value: Any) -> int:
    """How many values there are in a JSON value."""
    if isinstance(value, Mapping):
        return sum(map(_values, value.values()))
    return sum(map(_values, value)) if isinstance(value, list) else 1
