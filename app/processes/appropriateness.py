# SPDX-License-Identifier: Apache-2.0
"""Whether it is appropriate to end a customer relationship: findings, and what the policy says of each."""

from collections.abc import Mapping
from typing import Any

from app.processes.definition import Ask, Complete, Outcome, Refuse
from app.processes.form import Form
from app.processes.parties import CUSTOMER, ENDED, INTERACTION, interactions, outcome_of_decision
from app.processes.policies import PROCEED, REFUSE, VERDICTS
from app.processes.step import Step
from app.storage.documents.rows import StoredDocument

SERVICES_ONLY = "endOfServices"
"""The reason of somebody who wants to end all services, which is not to end the relationship."""

CUSTOMER_WISH = "customerWish"
"""The reason of a customer that wants to leave."""

DECISION = Form(
    {
        "decision": {"enum": ["proceed", "decline"], "description": "whether to go on"},
        "decisionReason": {"type": "string", "minLength": 1, "maxLength": 2000, "description": "why"},
    },
    ("decision", "decisionReason"),
)
"""What a person is asked where the policy leaves it to one."""


def is_customers_wish(inputs: Mapping[str, Any]) -> bool:
    """Whether it is the customer that wants the end."""
    return inputs.get("reason") == CUSTOMER_WISH


async def check(step: Step) -> Outcome:
    """Refuse, ask a person, or go on, as the policy says of what is found."""
    reason = step.inputs["reason"]
    if reason == SERVICES_ONLY:
        return Refuse("ending all services does not end the relationship: order their end (TMF622); the customer stays")
    policy = step.policies.terminate.reasons[reason]
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None or customer.document["status"] in ENDED:
        return Refuse("there is no relationship to end")
    if outcome := outcome_of_decision(step):
        return outcome
    findings = await _findings(step, customer)
    verdicts = [(policy.verdicts[finding], text) for finding, text in findings] or [(policy.otherwise, "")]
    strictest = max((verdict for verdict, _ in verdicts), key=VERDICTS.index)
    texts = "; ".join(text for verdict, text in verdicts if verdict == strictest and text) or "the policy asks for it"
    if strictest == PROCEED:
        return Complete({"findings": [text for _, text in verdicts if text]})
    return Refuse(texts) if strictest == REFUSE else Ask(f"somebody should decide: {texts}")


async def _findings(step: Step, customer: StoredDocument) -> list[tuple[str, str]]:
    """What stands against it, each with what the policy calls it, and in words."""
    found = [
        ("open_interaction", f"interaction {each.id} is open")
        for each in await interactions(step, customer)
        if not step.is_over(INTERACTION, each)
    ]
    found += [
        ("legal_hold", f"legal hold {hold.id} ({hold.reason})")
        for hold in await step.services.legal_holds.holds_on_document(CUSTOMER, customer.id, customer.document)
    ]
    body = {"customer": {"id": customer.id}, "reason": step.inputs["reason"], "processFlow": {"id": step.flow.id}}
    for result in await step.ask(step.policies.terminate.checks, body):
        if not result.permitted:
            found.append(("unanswered" if result.permitted is None else "blocked", result.text))
    return found
