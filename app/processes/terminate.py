# SPDX-License-Identifier: Apache-2.0
"""Terminate Customer Relationship (eTOM 1.3.4.4)."""

from datetime import UTC, datetime, time
from functools import partial

from app.processes import appropriateness
from app.processes.definition import Ask, Complete, Outcome, Process, Refuse, Task, Wait
from app.processes.form import Form
from app.processes.parties import CUSTOMER, CUSTOMERS, ROLE, inform, interactions, parties_to_inform, roles
from app.processes.policies import SYSTEMS, TerminatePolicy
from app.processes.step import Step

TEXT = {"type": "string", "minLength": 1, "maxLength": 2000}


async def comply_with_wishes(step: Step) -> Outcome:
    """Wait for the date that is wished for, and for as long as the customer may think again."""
    reason, begun = step.policies.terminate.reasons[step.inputs["reason"]], step.flow.document["processFlowDate"]
    wished = step.inputs.get("wishedDate")
    day = datetime.combine(datetime.fromisoformat(wished), time(), UTC) if wished else begun
    until = max(day, begun + reason.cooling_off)
    return Complete() if until <= step.now else Wait(until, f"ends on {until:%Y-%m-%d}; it can be revoked until then")


async def inform_parties(step: Step) -> Outcome:
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None:
        return Refuse("the customer is not there any more")
    others = [*await roles(step, customer), *await interactions(step, customer)]
    parties = parties_to_inform(customer, others, step.policies.terminate.informed)
    told = inform(step, parties, "End of the customer relationship", f"It ends: {step.inputs['reason']}")
    return Complete({"informed": told})


async def dismantle(system: str, step: Step) -> Outcome:
    """Have a system dismantle what the customer had; it acknowledges that by answering this task."""
    if step.answers.get("acknowledged"):
        return Complete()
    limit = step.policies.terminate.dismantle.get(system)
    if not limit:
        return Complete({"acknowledged": False, "awaited": False})
    if step.is_late:
        return Complete({"acknowledged": False, "missing": system})
    return Ask(f"{system} should dismantle what the customer had, and acknowledge it", step.after(limit))


async def end(step: Step) -> Outcome:
    """End the relationship, and the roles of parties in it."""
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None:
        return Refuse("the customer is not there any more")
    ended = {"validFor": {**customer.document.get("validFor", {}), "endDateTime": step.now}}
    step.update(CUSTOMER, customer, {**ended, "status": "Terminated", "statusReason": step.inputs["reason"]})
    for role in await roles(step, customer):
        if not step.is_over(ROLE, role) and role.document["status"] in ("Active", "Suspended", "Approved"):
            step.update(ROLE, role, {"status": "Terminated", "statusReason": step.inputs["reason"], **ended})
    return Complete()


REVOCATION = Form({"reason": {**TEXT, "description": "why"}}, ("reason",))


async def revoke(step: Step) -> Outcome:
    return Refuse(str(step.answers["reason"]))


def _system(name: str) -> Task:
    form = Form({"acknowledged": {"const": True, "description": "that it is dismantled"}}, ("acknowledged",))
    return Task(
        f"dismantle{name.title()}", f"Dismantle what {name} keeps for the customer", partial(dismantle, name), form
    )


def terminate(policy: TerminatePolicy) -> Process:
    """The process, for the reasons of a policy."""
    reason = {"enum": [*policy.reasons, appropriateness.SERVICES_ONLY], "description": "why it ends"}
    return Process(
        name="TerminateCustomerRelationship",
        description="Ends the relationship with a customer: only if appropriate, as wished, with its records kept",
        etom="1.3.4.4",
        subject=CUSTOMERS,
        inputs=Form(
            {
                "reason": reason,
                "wishedDate": {"type": "string", "format": "date", "description": "when it should end"},
                "channel": {**TEXT, "description": "how the customer wishes to be told"},
            },
            ("reason",),
        ),
        tasks=(
            Task("appropriate", "Is it appropriate to end it?", appropriateness.check, appropriateness.DECISION),
            Task("wishes", "Comply with the wishes of the customer", comply_with_wishes),
            Task("inform", "Inform all relevant parties", inform_parties),
            tuple(map(_system, SYSTEMS)),
            Task("end", "End the relationship", end),
        ),
        optional=(Task("cancel", "Revoke it", revoke, REVOCATION),),
        irrevocable="inform",
    )
