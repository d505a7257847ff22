# SPDX-License-Identifier: Apache-2.0
"""Whose a flow is: the party that the customer is, or is to become, by a role in `relatedParty` of flow and tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]

OWNER, PROSPECT, REQUESTER = "customer", "prospect", "requester"
"""The roles of the party that is the customer, that is to become one, and that asked for a task and may answer it."""


def related_party(id: str, role: str, resource: str) -> Document:
    """The reference to a party, an Individual or Organization, in a role."""
    return {"id": id, "role": role, "@referredType": resource}


def with_owner(flow: Document, owner: Document | None) -> Document:
    """The document of a flow with its owner among the related parties."""
    related = flow.get("relatedParty", [])
    if owner is None or any((each["id"], each.get("role")) == (owner["id"], OWNER) for each in related):
        return flow
    return {**flow, "relatedParty": [*related, owner]}


def owners_of(flow: Mapping[str, Any]) -> list[Document]:
    """The references to the owners of a flow, for the tasks that they may see."""
    related: Sequence[Mapping[str, Any]] = flow.get("relatedParty", ())
    return [
        related_party(each["id"], each["role"], each["@referredType"])
        for each in related
        if each.get("role") in (OWNER, PROSPECT)
    ]
