# SPDX-License-Identifier: Apache-2.0
"""Who is told: the party, the assignee, or another representative, by what an interaction says of its parties."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.ownership import objects_at
from app.interactions.promises import PARTY, Policy

Document = Mapping[str, Any]

ASSIGNEE = "assignee"


def recipient_of(document: Document, policy: Policy, tell: str) -> dict[str, Any] | None:
    """The reference to whom a policy tells, such as `party`, `assignee`, or the role `team-lead`.

    None where the interaction names nobody: then it may be somebody whom the policies file knows.
    """
    if tell.lower() == ASSIGNEE:
        assignee = document.get("assignee")
        return _reference(assignee) if assignee else None
    if tell == PARTY:
        return next(map(_reference_of, _parties(document, policy)), None)
    return next((_reference_of(each) for each in _related_parties(document) if _role(each) == tell.lower()), None)


def _parties(document: Document, policy: Policy) -> Iterator[Document]:
    """Those of the parties who are none of the enterprise."""
    ours = {*policy.answered_by, *(step.tell.lower() for step in policy.notices if step.tell != PARTY)}
    assignee = (document.get("assignee") or {}).get("id")
    for each in _related_parties(document):
        if _role(each) not in ours and each["partyOrPartyRole"]["id"] != assignee:
            yield each


def _related_parties(document: Document) -> Iterator[Document]:
    return (each for each in objects_at(document, ("relatedParty",)) if "id" in each.get("partyOrPartyRole", {}))


def _role(related: Document) -> str:
    return str(related.get("role", "")).lower()


def _reference_of(related: Document) -> dict[str, Any]:
    return _reference(related["partyOrPartyRole"])


def _reference(named: Document) -> dict[str, Any]:
    """A reference alone: what stands in an interaction by value, is not repeated in each notice."""
    kind = named.get("@referredType") or named.get("@type")
    known = {"@referredType": kind} if kind and not str(kind).endswith("Ref") else {}
    told = {name: named[name] for name in ("href", "name") if name in named}
    return {"@type": "PartyRef", "id": named["id"], **told, **known}
