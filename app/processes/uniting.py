# SPDX-License-Identifier: Apache-2.0
"""Tasks by which one of two records of one survives (eTOM 1.3.4: identities are not duplicated)."""

from datetime import timedelta
from functools import partial

from app.processes.definition import Complete, Outcome, Task, Wait
from app.processes.form import TEXT, Form
from app.processes.merging import (
    DUPLICATE,
    OVERRULE,
    SURVIVOR,
    Plan,
    follow_relationships,
    journal_of,
    mentioning,
    plan_merge,
    write_changes,
    write_together,
)
from app.processes.policies import MERGE, REFUSE
from app.processes.step import Step
from app.processes.suspicion import settle_suspicions
from app.resources.relationships import Write
from app.storage.documents.aliases import Alias

SETTLING = timedelta(seconds=3)
"""After this, no request is under way any more that began before the merge, and every process knows of it."""

INPUTS = Form(
    {
        SURVIVOR: {**TEXT, "description": "id of the one that stays, of the same resource"},
        "reason": {**TEXT, "description": "why both are the same"},
        "dryRun": {"type": "boolean", "description": "whether only to tell what would be done"},
        OVERRULE: {
            "type": "boolean",
            "description": "whether it counts no more that both were decided not to be the same",
        },
    },
    (SURVIVOR, "reason"),
)
CUSTOMERS = Form(
    {"customers": {"enum": [MERGE, REFUSE], "description": "what becomes of two live customers"}}, ("customers",)
)


async def examine(step: Step) -> Outcome:
    """What stands against it, and what it will be."""
    plan = await plan_merge(step)
    return Complete({"plan": plan.report}) if isinstance(plan, Plan) else plan


async def unite(step: Step) -> Outcome:
    """Make one of both, and lead all references there; nothing is written unless all of it is."""
    if step.inputs.get("dryRun"):
        return Complete()
    plan = await plan_merge(step)
    if not isinstance(plan, Plan):
        return plan
    _write_documents(step, plan)
    for pair in plan.pairs:
        await settle_suspicions(step, pair.resource, pair.duplicate.id, pair.survivor.id)
    step.work.add(partial(step.services.journal.add, step.flow.id, step.now, *journal_of(plan)))
    step.relate(SURVIVOR, plan.pairs[0].resource, plan.pairs[0].survivor.id)
    return Complete({"plan": plan.report})


def _write_documents(step: Step, plan: Plan) -> None:
    writes: dict[str, list[Write]] = {}
    for pair, document in zip(plan.pairs, plan.survivors, strict=True):
        step.remove(pair.resource, pair.duplicate, linked=False)
        ends = Write(pair.duplicate.id, pair.duplicate, None), Write(pair.survivor.id, pair.survivor, document)
        writes.setdefault(pair.resource, []).extend(ends)
        alias = Alias(pair.resource, pair.duplicate.id, pair.survivor.id, step.flow.id, step.now)
        step.work.add(partial(step.services.aliases.add, alias))
    for (resource, id), (seen, document, _) in plan.referrers.items():
        writes.setdefault(resource, []).append(Write(id, seen, document))
    for resource, each in writes.items():
        if not write_together(step, resource, each):
            for one in each:
                if one.seen and one.after is not None:
                    write_changes(step, resource, one.seen, one.after)


async def follow_latecomers(step: Step) -> Outcome:
    """Lead on what was written to refer to the duplicate while both became one."""
    if step.inputs.get("dryRun"):
        return Complete()
    if step.now < step.task.document["startDate"] + SETTLING:
        return Wait(step.task.document["startDate"] + SETTLING)
    merged = step.results("unite")["plan"]["merged"]
    # A survivor may have been merged in turn; then they are led to where it is by now.
    merges = await step.services.merged.steps([(each["resource"], each[DUPLICATE]) for each in merged])
    late = 0
    async for resource, stored in mentioning(step, [each.redirection for each in merges]):
        document = stored.document
        for _, one in merges:
            if one.resource == resource and (survivor := await step.find(resource, one.survivor)):
                document = follow_relationships(step, resource, stored, one.duplicate, survivor.document)
        led = step.services.merged.follow(resource, document, merges)
        if led.moved:
            write_changes(step, resource, stored, led.document)
            for merge, moved in led.journal(resource, stored.id):
                step.work.add(partial(step.services.journal.add_moved, merge, [moved]))
            late += 1
    return Complete({"late": late})


TASKS = (
    Task("examine", "What stands against it, and what it will be", examine, CUSTOMERS),
    Task("unite", "Make one of both", unite, CUSTOMERS),
    Task("follow", "Lead latecomers on", follow_latecomers),
)
