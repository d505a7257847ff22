# SPDX-License-Identifier: Apache-2.0
"""Archive Customer Relationship: what has ended goes into the archive when the retention schedule says so."""

from datetime import timedelta

from app.errors import Unavailable
from app.processes.cancellation import CANCEL
from app.processes.definition import Complete, Outcome, Process, Refuse, Task, Wait
from app.processes.form import TEXT, Form
from app.processes.grace import HASTEN, REASON, await_grace, hasten
from app.processes.parties import CUSTOMER, CUSTOMERS, ENDED
from app.processes.patience import wait_again
from app.processes.step import Step
from app.resources.archive.archive import ScheduledArchive
from app.resources.archive.register import bundle_id

NAME = "ArchiveCustomerRelationship"
DAY = timedelta(days=1)


async def archive(step: Step) -> Outcome:
    """Move the customer with its roles and interactions into a bundle. A repeat finds it there."""
    id, services = step.subject_id("customer"), step.services
    customer = await step.find(CUSTOMER, id)
    if customer and customer.document["status"] not in ENDED:
        return Refuse(f"the customer is {customer.document['status']} again")
    holds = customer and await services.legal_holds.holds_on_document(CUSTOMER, id, customer.document)
    if holds:
        return Wait(step.after(DAY), f"legal hold {holds[0].id} ({holds[0].reason}) keeps it where it is")
    reason = str(customer.document.get("statusReason", "")) if customer else ""
    assert services.archive is not None, "who has this process has an archive"
    scheduled = ScheduledArchive(services.archive, services.schedule)
    try:
        bundle = await scheduled.put(CUSTOMER, id, origin=step.origin, reason=reason)
    except Unavailable as busy:  # Changes of it wait for the event log, or the store is away: that is no failure.
        return wait_again(step, busy.message)
    return Complete({"bundle": bundle.id})


async def drop_payloads(step: Step) -> Outcome:
    """Drop the event log's payloads about it, once all listeners have received them."""
    assert step.services.archive is not None, "who has this process has an archive"
    left = await step.services.archive.drop_payloads(bundle_id(CUSTOMER, step.subject_id("customer")))
    return wait_again(step, f"{left} payloads wait for the event log or for listeners") if left else Complete()


ARCHIVE = Process(
    name=NAME,
    description="Moves a customer that has left, with its roles and interactions, into the archive",
    etom="1.3.4.4",
    subject=CUSTOMERS,
    subject_may_be_archived=True,
    inputs=Form(
        {
            "atOnce": {"type": "boolean", "description": "whether not to wait for the end of the grace period"},
            "reason": {**TEXT, "description": "who asks for that, and why"},
        }
    ),
    tasks=(
        Task("grace", "Wait for the end of the grace period", await_grace, allowance=timedelta(days=36_500)),
        Task("archive", "Move it into the archive", archive, attempts=12),
        Task("payloads", "Drop the event log's payloads about it", drop_payloads, allowance=timedelta(days=8)),
    ),
    optional=(CANCEL, Task(HASTEN, "Do not wait for the end of the grace period", hasten, REASON)),
    irrevocable="archive",
)
