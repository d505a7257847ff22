# SPDX-License-Identifier: Apache-2.0
"""Establish Customer Relationship: a prospect becomes a customer, once (eTOM 1.3.4: a unique identity for each)."""

from app.processes.appropriateness import DECISION
from app.processes.cancellation import CANCEL
from app.processes.definition import Ask, Complete, Outcome, Process, Refuse, Task
from app.processes.form import TEXT, Form
from app.processes.parties import CUSTOMER, ENGAGED, PARTIES, outcome_of_decision
from app.processes.prospects import find_party, prospect_key
from app.processes.step import Step


async def create_customer(step: Step) -> Outcome:
    """The customer, unless the party is one already."""
    found = step.results("party")
    for customer in await step.naming(CUSTOMER, ENGAGED, found["party"]):
        if not step.is_over(CUSTOMER, customer):
            status = customer.document["status"]
            return Refuse(f"the party {found['party']} is the customer {customer.id} already, who is {status}")
    reference = {"@type": "PartyRef", "id": found["party"], "@referredType": found["kind"]}
    view = {"@type": CUSTOMER, "name": step.inputs["name"], "status": "Created", "engagedParty": reference}
    id = step.create(CUSTOMER, view, "customer")
    step.relate("customer", CUSTOMER, id)
    return Complete({"customer": id})


async def check(step: Step) -> Outcome:
    """What partner systems say, such as of its credit; a person decides where one does not answer."""
    if outcome := outcome_of_decision(step):
        return outcome
    body = {"customer": {"id": step.results("customer")["customer"]}, "processFlow": {"id": step.flow.id}}
    results = await step.ask(step.policies.establish.checks, body)
    against = [each.text for each in results if not each.permitted]
    return Ask(f"somebody should decide: {'; '.join(against)}") if against else Complete()


async def activate(step: Step) -> Outcome:
    customer = await step.find(CUSTOMER, step.results("customer")["customer"])
    if customer is None or customer.document["status"] in ("Rejected", "Closed", "Terminated"):
        return Refuse("the customer is not as it was any more")
    step.update(CUSTOMER, customer, {"status": "Active", "validFor": {"startDateTime": step.now}})
    return Complete()


ESTABLISH = Process(
    name="EstablishCustomerRelationship",
    description="Makes a prospect a customer: finds or creates the party, refuses a second customer, asks, and begins",
    etom="1.3.4",
    subject=None,
    live_key=prospect_key,
    inputs=Form(
        {
            "name": {**TEXT, "description": "name of the customer"},
            "party": {
                "type": "object",
                "description": "an Individual or Organization of version 5, where no relatedParty is the prospect",
                "properties": {"@type": {"enum": list(PARTIES)}},
                "required": ["@type"],
            },
        },
        ("name",),
    ),
    tasks=(
        Task("party", "Find or create the party", find_party),
        Task("customer", "Create the customer, unless the party is one", create_customer),
        Task("checks", "Ask partner systems", check, DECISION),
        Task("activate", "Begin the relationship", activate, for_party=True),
    ),
    optional=(CANCEL,),
    irrevocable="activate",
)
