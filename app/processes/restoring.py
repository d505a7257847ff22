# SPDX-License-Identifier: Apache-2.0
"""How a customer comes back: whether its party lets it, and the tasks that bring it back from the archive."""

from app.errors import Conflict, Unavailable
from app.processes.definition import Ask, Complete, Outcome, Refuse
from app.processes.parties import CUSTOMER, PARTIES, engaged_party, outcome_of_decision
from app.processes.patience import wait_again
from app.processes.step import Step
from app.resources.archive.register import PURGED
from app.storage.archive.bundle import BundleBroken
from app.storage.documents.rows import StoredDocument
from app.storage.sealing.envelope import SealBroken
from app.storage.sealing.party_keys import KeyDestroyed

BUNDLE = "bundle"
"""What the tasks say of a customer that was archived: the id of its bundle."""


async def identify_archived(step: Step) -> Outcome:
    """The customer is in the archive, and a person agrees where the policy says so."""
    bundle = await step.bundle_of(CUSTOMER, step.subject_id("customer"))
    if bundle is None:
        return Refuse("there is no such customer")
    outcome = decision(step, bundle.document["statusReason"]) or Complete()
    return Complete({BUNDLE: bundle.id}) if isinstance(outcome, Complete) else outcome


def decision(step: Step, ended_for: str) -> Outcome | None:
    """What a person has decided, or is asked where the policy says so of the reason for the end; else None."""
    if outcome := outcome_of_decision(step):
        return outcome
    if ended_for in step.policies.reestablish.person:
        return Ask(f"the relationship ended for '{ended_for}': somebody should decide")
    return None


async def refuse_for_party(step: Step, customer: StoredDocument) -> Refuse | None:
    """The party must be there, and it is one customer in a role at a time (eTOM 1.3.4)."""
    party = engaged_party(customer)
    if party is not None and not [name for name in PARTIES if await step.find(name, party)]:
        return Refuse(f"the party {party}, which the customer is, is not there any more: establish the customer anew")
    other = await step.same_identity(CUSTOMER, {**customer.document, "status": "Active"})
    if other is None or other.id == customer.id:
        return None
    return Refuse(f"the party is the customer {other.id} by now, who is {other.document['status']}")


async def restore(step: Step) -> Outcome:
    """Bring back what is archived, every document as it was; a repeat finds it there."""
    bundle, archive = step.results("identify").get(BUNDLE), step.services.archive
    if bundle is None or archive is None:
        return Complete()
    if (await archive.register.require(bundle)).state == PURGED:
        return Refuse(f"the bundle {bundle} was purged: nothing of the customer is there any more")
    try:
        await archive.restore(bundle, origin=step.origin, reason="re-established")
    except Unavailable as busy:
        return wait_again(step, busy.message)
    except KeyDestroyed:
        return Refuse("the party was erased: nothing of the customer can be opened any more")
    except (BundleBroken, SealBroken) as broken:
        told = f"The bundle {bundle} is not as it was written ({broken}); put it back, and try again"
        raise Conflict(told) from None
    return Complete({BUNDLE: bundle})
