# SPDX-License-Identifier: Apache-2.0
"""The grace period after an end, by the retention schedule: nothing is archived, and nothing need be restored."""

from datetime import datetime

from app.domain.retention import ARCHIVE, RetentionSchedule
from app.processes.definition import Complete, Outcome, Refuse, Wait
from app.processes.form import TEXT, Form
from app.processes.parties import CUSTOMER, ENDED
from app.processes.step import Step
from app.storage.documents.rows import StoredDocument

HASTEN = "hasten"
"""The optional task by which somebody asks for it at once."""
REASON = Form({"reason": {**TEXT, "description": "who asks for that, and why"}}, ("reason",))


def archived_at(schedule: RetentionSchedule, customer: StoredDocument) -> datetime:
    """When a customer that has ended is archived, by the retention schedule; at once where that does not say."""
    ended: datetime = customer.document.get("validFor", {}).get("endDateTime", customer.changed)
    category = schedule.category_of(CUSTOMER, ARCHIVE)
    return schedule.due_at(category, ended) if category else ended


async def await_grace(step: Step) -> Outcome:
    """Wait until the grace period is over, in which nothing need be restored, and while a legal hold is in the way."""
    customer = await step.find(CUSTOMER, step.subject_id("customer"))
    if customer is None:
        return Complete() if await step.bundle_of(CUSTOMER, step.subject_id("customer")) else Refuse("it is not there")
    if customer.document["status"] not in ENDED:
        return Refuse(f"the customer is {customer.document['status']}: only what has ended is archived")
    if step.inputs.get("atOnce") or step.is_completed(HASTEN):
        return Complete()
    until = archived_at(step.services.schedule, customer)
    return Complete() if until <= step.now else Wait(until, f"is archived on {until:%Y-%m-%d}")


async def hasten(step: Step) -> Outcome:
    """Somebody asks for it at once; what waits looks again."""
    return Complete()
