# SPDX-License-Identifier: Apache-2.0
"""Resolve Duplicate: of two parties that may be the same, somebody decides whether they are (eTOM 1.3.4)."""

from dataclasses import replace
from datetime import timedelta

from app.processes.cancellation import CANCEL, revoke
from app.processes.deciding import ANSWER, EXPLANATION, by_person, by_policy
from app.processes.definition import Complete, Outcome, Process, Refuse, Task
from app.processes.step import Step
from app.processes.suspicion import (
    DECIDE,
    DECISION,
    MERGE_BOTH,
    SURVIVOR,
    await_merge,
    begin_merge,
    forget,
    open_suspicion,
)
from app.storage.identity.suspicions import NOT_SAME

ALLOWANCE = timedelta(days=30)


async def decide(step: Step) -> Outcome:
    """Whether both are the same, a person says; of what is certain, the policy may."""
    suspicion = await open_suspicion(step)
    if isinstance(suspicion, Refuse):
        return suspicion
    return await by_policy(step, suspicion) or by_person(step, suspicion)


async def merge(step: Step) -> Outcome:
    """Merge both, if they are the same; where that is refused, a person decides anew."""
    suspicion, decided = await open_suspicion(step), step.results(DECIDE)
    if isinstance(suspicion, Refuse):
        return suspicion
    if suspicion.status == NOT_SAME:
        return Complete()
    if suspicion.merge:
        return await await_merge(step, suspicion)
    if suspicion.was_refused:
        decided, outcome = step.answers, by_person(step, suspicion)
        if not isinstance(outcome, Complete) or decided[DECISION] == NOT_SAME:
            return outcome
    return begin_merge(step, suspicion, decided[SURVIVOR])


async def cancel(step: Step) -> Outcome:
    """End the flow without a decision; both may be suspected again."""
    suspicion = await open_suspicion(step)
    if not isinstance(suspicion, Refuse):
        forget(step, suspicion)
    return await revoke(step)


RESOLVE_DUPLICATE = Process(
    name="ResolveDuplicate",
    description="Has a person decide whether two parties that may be the same are: merge, not the same, or later",
    etom="1.3.4",
    subject=None,
    inputs=EXPLANATION,
    tasks=(
        Task(DECIDE, "Are both the same?", decide, ANSWER, ALLOWANCE),
        Task(MERGE_BOTH, "Merge both, if they are the same", merge, ANSWER, ALLOWANCE),
    ),
    optional=(replace(CANCEL, perform=cancel, for_party=False),),
    irrevocable=MERGE_BOTH,
    by_server=True,
)
