# SPDX-License-Identifier: Apache-2.0
"""Re-establish Customer Relationship (eTOM 1.3.4.3)."""

from app.processes.appropriateness import DECISION
from app.processes.cancellation import CANCEL
from app.processes.definition import Complete, Outcome, Process, Refuse, Task
from app.processes.form import TEXT, Form
from app.processes.parties import (
    CUSTOMER,
    CUSTOMERS,
    inform,
    interactions,
    parties_to_inform,
    roles,
)
from app.processes.restoring import decision, identify_archived, refuse_for_party, restore
from app.processes.step import Step
from app.processes.strong_identifiers import IDENTIFICATION

WAYS = {"Suspended": "it was suspended", "Terminated": "it was terminated"}


async def identify(step: Step) -> Outcome:
    """The customer is suspended or has left, and a person agrees where the policy says so."""
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None:
        return await identify_archived(step)
    status = customer.document["status"]
    if status not in WAYS:
        return Refuse(f"the customer is {status}; only one that is {' or '.join(WAYS)} can come back")
    if refusal := await refuse_for_party(step, customer):
        return refusal
    ended_for = customer.document.get("statusReason", "") if status == "Terminated" else ""
    return decision(step, ended_for) or Complete({"status": status})


async def reactivate(step: Step) -> Outcome:
    """The same customer is active again, under the same id, from now on. Its roles stay ended."""
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None or customer.document["status"] not in WAYS:
        return Refuse("the customer is not as it was any more")
    if outcome := await refuse_for_party(step, customer):
        return outcome
    was, reason = customer.document["status"], step.inputs.get("reason", "re-established")
    valid = {"validFor": {"startDateTime": step.now}} if was == "Terminated" else {}
    step.update(CUSTOMER, customer, {"status": "Active", "statusReason": reason, **valid})
    return Complete({"way": WAYS[was]})


async def tell(step: Step) -> Outcome:
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None:
        return Complete({"informed": []})
    past = await interactions(step, customer)
    parties = parties_to_inform(customer, [*await roles(step, customer), *past], step.policies.terminate.informed)
    told = inform(step, parties, "The customer is back", "The customer relationship goes on")
    return Complete({"informed": told, "interactions": len(past)})


REESTABLISH = Process(
    name="ReestablishCustomerRelationship",
    description="Lets a customer come back who was suspended or has left, with all that was known of it",
    etom="1.3.4.3",
    subject=CUSTOMERS,
    inputs=Form({"reason": {**TEXT, "description": "why the customer comes back"}, **IDENTIFICATION}),
    identified_by=tuple(IDENTIFICATION),
    tasks=(
        Task("identify", "Find the customer, and see whether it may come back", identify, DECISION),
        Task("restore", "Bring back what is archived", restore),
        Task("reactivate", "Make the customer active again", reactivate, for_party=True),
        Task("inform", "Inform all relevant parties", tell),
    ),
    optional=(CANCEL,),
    irrevocable="restore",
    subject_may_be_archived=True,
)
