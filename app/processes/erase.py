# SPDX-License-Identifier: Apache-2.0
"""Erase Party Data: every copy of a party's data goes, where no relationship, hold or retention stands against it."""

from dataclasses import asdict

import structlog

from app.errors import Unavailable
from app.processes.cancellation import CANCEL
from app.processes.definition import Complete, Outcome, Process, Subject, Task
from app.processes.erasure_basis import archived_documents, refuse_with_basis
from app.processes.form import TEXT, Form
from app.processes.own_documents import delete_own_documents, documents_and_roles
from app.processes.parties import CUSTOMER, PARTIES, ROLE
from app.processes.patience import wait_again
from app.processes.step import Step

log = structlog.get_logger()


async def delete_documents(step: Step) -> Outcome:
    party, archived = step.subject_id("party"), await archived_documents(step)
    removed = await delete_own_documents(
        step, step.subject_resource("party"), party, [each for each in archived if each[0] in (CUSTOMER, ROLE)]
    )
    return Complete({"removed": [list(each) for each in removed], "archived": [list(each) for each in archived]})


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
    own, roles = documents_and_roles(step.results("documents"))
    reason = f"{step.inputs['reason']} (flow {step.flow.id})"
    report = await step.services.erasure().erase_party(step.subject_id("party"), own, reason=reason, roles=roles)
    # No result: a repeat after a crash finds less, and a number that may be wrong is no proof.
    log.info("copies of a party were erased", flow=step.flow.id, **asdict(report))
    return Complete()


async def prove(step: Step) -> Outcome:
    """The proof that stays: who asked, when, on which basis, and how much went; nothing of the party but its id.

    Its aliases lead nowhere from now on: the task before finds by them what was merged, also after a crash.
    """
    own, roles = documents_and_roles(step.results("documents"))
    await step.services.erasure().bury_aliases(step.subject_id("party"), own, roles=roles)
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
