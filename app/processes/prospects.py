# SPDX-License-Identifier: Apache-2.0
"""Prospects: the party that is to become a customer, which is named, found by a strong identifier, or new."""

from collections.abc import Mapping
from typing import Any

from app.errors import BadRequest
from app.processes.definition import Complete, Outcome, Refuse
from app.processes.form import values_of
from app.processes.parties import PARTIES
from app.processes.step import Step
from app.processes.strong_identifiers import find_by_identifier, identifiers


def prospect_key(document: Mapping[str, Any]) -> str | None:
    """What a flow is live for: the party that it names, else the first strong identifier of the one that it brings."""
    for related in document.get("relatedParty", ()):
        if related.get("role") == "prospect":
            return str(related["id"])
    first = next(identifiers(values_of(document).get("party", {})), None)
    return first[0].digest if first else None


async def find_party(step: Step) -> Outcome:
    """The party that is named, or has the same strong identifier; else a new one."""
    named = [each["id"] for each in step.flow.document.get("relatedParty", ()) if each.get("role") == "prospect"]
    if named:
        found = [name for name in PARTIES if await step.find(name, named[0])]
        return Complete({"party": named[0], "kind": found[0]}) if found else Refuse(f"there is no party {named[0]}")
    party = step.inputs.get("party")
    if party is None:
        return Refuse("it is not said who: name a relatedParty in the role `prospect`, or bring a `party`")
    if same := await find_by_identifier(step, party):
        return Complete({"party": same.id, "kind": party["@type"], "found": True})
    try:
        return Complete({"party": step.create(party["@type"], party, "party"), "kind": party["@type"], "found": False})
    except BadRequest as wrong:
        return Refuse(f"/party is no {party['@type']} of version 5: {wrong.message}")
