# SPDX-License-Identifier: Apache-2.0
"""Who has to do with a customer relationship, and how they are told: a notice to each, as an interaction (TMF683)."""

from collections.abc import Mapping
from typing import Any

from app.processes.definition import Complete, Outcome, Refuse, Subject
from app.processes.step import Step
from app.resources import merged_references
from app.storage.documents.rows import StoredDocument

CUSTOMER, ROLE, INTERACTION = "Customer", "PartyRole", "PartyInteraction"
PARTIES = INDIVIDUAL, ORGANIZATION = merged_references.PARTIES
CUSTOMERS = Subject((CUSTOMER,), "customer")
"""What processes of customer relationships are about."""
ENDED = ("Terminated", "Closed", "Rejected")
"""The states in which a relationship is over."""
ENGAGED = ("engagedParty", "id")
RELATED = ("relatedParty", "partyOrPartyRole", "id")
"""Where an interaction names a party, or a party in a role."""


def engaged_party(customer: StoredDocument) -> str | None:
    """The id of the party that is the customer."""
    id = customer.document.get("engagedParty", {}).get("id")
    return id if isinstance(id, str) else None


async def interactions(step: Step, customer: StoredDocument) -> list[StoredDocument]:
    """The interactions with a customer, or with the party that it is."""
    ids = {customer.id, engaged_party(customer) or customer.id}
    found = {each.id: each for id in sorted(ids) for each in await step.naming(INTERACTION, RELATED, id)}
    return list(found.values())


async def roles(step: Step, customer: StoredDocument) -> list[StoredDocument]:
    """The party roles that exist for a customer: those that name it as related."""
    return await step.naming(ROLE, RELATED, customer.id)


def parties_to_inform(
    customer: StoredDocument, others: list[StoredDocument], informed: frozenset[str]
) -> dict[str, dict[str, Any]]:
    """References to the parties to tell, by id: the customer's, and those `informed` of its related ones, by role."""
    parties: dict[str, dict[str, Any]] = {}
    if isinstance(customer.document.get("engagedParty"), Mapping) and engaged_party(customer):
        parties[customer.document["engagedParty"]["id"]] = {
            "role": "customer",
            **_party(customer.document["engagedParty"]),
        }
    for document in (customer, *others):
        for related in document.document.get("relatedParty", ()):
            party, role = related.get("partyOrPartyRole", {}), related.get("role", "")
            if isinstance(party.get("id"), str) and ("*" in informed or role in informed):
                parties.setdefault(party["id"], {"role": role or "related", **_party(party)})
    return parties


def outcome_of_decision(step: Step) -> Outcome | None:
    """What a person has decided, by the form `DECISION`; None while nobody has."""
    if "decision" not in step.answers:
        return None
    return Refuse(str(step.answers["decisionReason"])) if step.answers["decision"] == "decline" else Complete()


def notice(subject: str, text: str, party: Mapping[str, Any]) -> dict[str, Any]:
    """The view of a notice to a party: an outbound interaction about a `subject`."""
    return {
        "@type": INTERACTION,
        "reason": subject,
        "description": text,
        "direction": "outbound",
        "status": "completed",
        "relatedChannel": [
            {"@type": "RelatedChannel", "role": "notice", "channel": {"@type": "ChannelRef", "id": "liaison"}}
        ],
        "relatedParty": [
            {
                "@type": "RelatedPartyOrPartyRole",
                "role": party["role"],
                "partyOrPartyRole": {name: value for name, value in party.items() if name != "role"},
            }
        ],
    }


def inform(step: Step, parties: Mapping[str, Mapping[str, Any]], subject: str, text: str) -> list[str]:
    """Write a notice to each of the parties, once; returns their ids."""
    for id, party in parties.items():
        step.create(INTERACTION, notice(subject, text, party), f"notice/{id}")
    return list(parties)


def _party(reference: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: reference[name] for name in ("id", "href", "name", "@referredType") if name in reference}
    return {"@type": "PartyRef", **kept}
