# SPDX-License-Identifier: Apache-2.0
"""The basis of an erasure: what stands against it, and what the archive has of the party."""

from app.processes.definition import Complete, Outcome, Refuse, Wait
from app.processes.flows import ENDED
from app.processes.grace import archived_at
from app.processes.merging import FLOW
from app.processes.parties import CUSTOMER, ENGAGED
from app.processes.step import Step
from app.processes.uniting import SETTLING
from app.storage.documents.referential_integrity import Target


async def refuse_with_basis(step: Step) -> Outcome:
    """Refuse while the party is a customer, or somebody must keep what it left; say on which basis."""
    party = step.subject_id("party")
    if merge := await _settling(step, party):
        return Wait(step.after(SETTLING), f"it waits for the end of the flow {merge}, which merged something into it")
    customers = await step.naming(CUSTOMER, ENGAGED, party)
    if each := next((each for each in customers if not step.is_over(CUSTOMER, each)), None):
        return Refuse(f"the party is the customer {each.id}, who is {each.document['status']}: end that first")
    own = [(step.subject_resource("party"), party), *((CUSTOMER, each.id) for each in customers)]
    own += [(each.resource, each.id) for each in await step.services.journal.unions([id for _, id in own])]
    if held := await step.services.legal_holds.holds_on(own):
        (resource, id), holds = next(iter(held.items()))
        return Refuse(f"the {resource} {id} is under the legal hold {holds[0].id} ({holds[0].reason})")
    kept = [(f"the customer {each.id}", archived_at(step.services.schedule, each)) for each in customers]
    for bundle in [each for each in await step.bundles_of(party) if each.is_archived]:
        assert step.services.archive is not None, "who has bundles has an archive"
        if hold := await step.services.archive.hold_on(bundle):
            return Refuse(f"the bundle {bundle.id}: {hold}")
        kept.append((f"the bundle {bundle.id}", bundle.document.get("retainUntil", step.now)))
    for what, until in kept:
        if until > step.now:
            return Refuse(f"{what} must be kept until {until:%Y-%m-%d}, by the retention schedule")
    return Complete()


async def _settling(step: Step, party: str) -> str | None:
    """The flow of a merge whose last task may lead something to the party yet."""
    for each in await step.services.aliases.of((step.subject_resource("party"), party)):
        flow = await step.find(FLOW, each.merge)
        if flow is not None and flow.document["state"] not in ENDED:
            return each.merge
    return None


async def archived_documents(step: Step) -> list[Target]:
    """What is, or was, in the bundles of the party, as far as the archive knows, and what tells of these."""
    found: list[Target] = []
    for bundle in await step.bundles_of(step.subject_id("party")):
        archive, about = step.services.archive, bundle.document["subject"]
        assert archive is not None, "who has bundles has an archive"
        subject = about["@referredType"], about["id"]
        found += [(archive.register.resource.name, bundle.id), subject]
        found += [each for each in await archive.rows.pointing(bundle.id) if each != subject]
    return found
