# SPDX-License-Identifier: Apache-2.0
"""Erase Party Data: every copy of a party's data goes, where no relationship, hold or retention stands against it."""

from dataclasses import asdict

import structlog

from app.errors import Unavailable
from app.processes.cancellation import CANCEL
from app.processes.definition import Complete, Outcome, Process, Refuse, Subject, Task, Wait
from app.processes.flows import ENDED
from app.processes.form import TEXT, Form
from app.processes.grace import archived_at
from app.processes.merging import FLOW
from app.processes.own_documents import delete_own_documents
from app.processes.parties import CUSTOMER, ENGAGED, PARTIES, ROLE
from app.processes.patience import wait_again
from app.processes.step import Step
from app.processes.uniting import SETTLING
from app.storage.documents.referential_integrity import Target

log = structlog.get_logger()


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


async def delete_documents(step: Step) -> Outcome:
    party, archived = step.subject_id("party"), await _archived(step)
    removed = await delete_own_documents(
        step, step.subject_resource("party"), party, [each for each in archived if each[0] in (CUSTOMER, ROLE)]
    )
    return Complete({"removed": [list(each) for each in removed], "archived": [list(each) for each in archived]})


async def _archived(step: Step) -> list[Target]:
    """What is, or was, in the bundles of the party, as far as the archive knows, and what tells of these."""
    found: list[Target] = []
    for bundle in await step.bundles_of(step.subject_id("party")):
        archive, subject = step.services.archive, bundle.document["subject"]
        assert archive is not None, "who has bundles has an archive"
        found += [(archive.register.resource.name, bundle.id), (subject["@referredType"], subject["id"])]
        found += [each for each in await archive.rows.pointing(bundle.id) if each not in found]
    return found


async def purge_bundles(step: Step) -> Outcome:
    """Purge what the archive has of the party. A repeat goes on with what the store has not deleted yet."""
    bundles, archive = await step.bundles_of(step.subject_id("party")), step.services.archive
    for bundle in bundles:
        if archive is not None:
            try:
                await archive.discard(bundle, origin=step.origin, reason="erasure")
            except Unavailable as busy:
                return wait_again(step, busy.message)
    return Complete({"bundles": [bundle.id for bundle in bundles]})


async def erase_copies(step: Step) -> Outcome:
    """Destroy the key of the party, and clear the event log, what waits for it, receipts and registrations."""
    results = step.results("documents")
    own = [(resource, id) for resource, id in [*results["removed"], *results.get("archived", ())]]
    roles = [id for resource, id in own if resource in (CUSTOMER, ROLE)]
    reason = f"{step.inputs['reason']} (flow {step.flow.id})"
    report = await step.services.erasure().erase_party(step.subject_id("party"), own, reason=reason, roles=roles)
    # No result: a repeat after a crash finds less, and a number that may be wrong is no proof.
    log.info("copies of a party were erased", flow=step.flow.id, **asdict(report))
    return Complete()


async def prove(step: Step) -> Outcome:
    """The proof that stays: who asked, when, on which basis, and how much went; nothing of the party but its id."""
    names = sorted(resource for resource, _ in step.results("documents")["removed"])
    return Complete({"erased": step.now.isoformat(), "documents": {name: names.count(name) for name in names}})


ERASE = Process(
    name="ErasePartyData",
    description="Erases what is kept of a party, unless a relationship, a legal hold or retention stands against it",
    etom="1.3.4.4",
    subject=Subject(PARTIES, "party"),
    inputs=Form({"reason": {**TEXT, "description": "who asks for it, on which basis"}}, ("reason",)),
    tasks=(
        Task("basis", "Does anything stand against it?", refuse_with_basis),
        Task("documents", "Delete the documents of the party", delete_documents),
        Task("archive", "Purge what the archive has of it", purge_bundles),
        Task("copies", "Erase copies: log, outbox, receipts, listeners", erase_copies, attempts=12),
        Task("proof", "Write the proof", prove),
    ),
    optional=(CANCEL,),
    irrevocable="documents",
)
