# SPDX-License-Identifier: Apache-2.0
"""Terminate Customer Relationship (eTOM 1.3.4.4)."""

from datetime import UTC, date, datetime, time

from app.processes import appropriateness
from app.processes.cancellation import CANCEL
from app.processes.definition import Complete, Outcome, Process, Refuse, Task, Wait
from app.processes.dismantling import DISMANTLING
from app.processes.form import TEXT, Form
from app.processes.parties import CUSTOMER, CUSTOMERS, ROLE, inform, interactions, parties_to_inform, roles
from app.processes.policies import TerminatePolicy
from app.processes.step import Step


async def comply_with_wishes(step: Step) -> Outcome:
    """Wait for the date that is wished for, and for as long as the customer may think again."""
    reason, begun = step.policies.terminate.reasons[step.inputs["reason"]], step.flow.document["processFlowDate"]
    day = datetime.combine(date.fromisoformat(on), time(), UTC) if (on := step.inputs.get("wishedDate")) else begun
    until = max(day, begun + reason.cooling_off)
    return Complete() if until <= step.now else Wait(until, f"ends on {until:%Y-%m-%d}; it can be revoked until then")


async def inform_parties(step: Step) -> Outcome:
    if (customer := await step.find(CUSTOMER, step.subject_id("customer"))) is None:
        return Refuse("the customer is not there any more")
    others = [*await roles(step, customer), *await interactions(step, customer)]
    parties = parties_to_inform(customer, others, step.policies.terminate.informed)
    told = inform(step, parties, "End of the customer relationship", f"It ends: {step.inputs['reason']}")
    return Complete({"informed": told})


async def end(step: Step) -> Outcome:
    """End the relationship, and the roles of parties in it."""
    if (customer := await step.find(CUSTOMER, step.subject_id("customer"))) is None:
        return Refuse("the customer is not there any more")
    ended = {"validFor": {**customer.document.get("validFor", {}), "endDateTime": step.now}}
    step.update(CUSTOMER, customer, {**ended, "status": "Terminated", "statusReason": step.inputs["reason"]})
    for role in await roles(step, customer):
        if not step.is_over(ROLE, role) and role.document["status"] in ("Active", "Suspended", "Approved"):
            step.update(ROLE, role, {"status": "Terminated", "statusReason": step.inputs["reason"], **ended})
    return Complete()


async def begin_archiving(step: Step) -> Outcome:
    """Begin the process that archives it later."""
    await step.begin("ArchiveCustomerRelationship", {})
    return Complete()


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
            Task("wishes", "Comply with the wishes of the customer", comply_with_wishes, for_party=True),
            Task("inform", "Inform all relevant parties", inform_parties),
            DISMANTLING,
            Task("end", "End the relationship", end, for_party=True),
            Task("archive", "See to it that it is archived", begin_archiving),
        ),
        optional=(CANCEL,),
        irrevocable="inform",
        for_party=appropriateness.is_customers_wish,
    )
