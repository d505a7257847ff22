# SPDX-License-Identifier: Apache-2.0
"""The documents of a party, for its erasure: its own are deleted, and it is taken out of those of others."""

from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import Any

from app.domain.ownership import texts_at
from app.domain.query.predicates import Path
from app.processes.form import values_of
from app.processes.merging import RECORDS
from app.processes.parties import CUSTOMER, ENGAGED, INTERACTION, RELATED, ROLE
from app.processes.step import Step
from app.storage.documents.referential_integrity import Target
from app.storage.documents.rows import StoredDocument

FLOW, TASK = "ProcessFlow", "TaskFlow"
SURVEY = "SatisfactionSurvey"
ASKED, RATED = ("respondent", "id"), ("ratedEntity", "id")
"""Where a survey names the party that is asked, and what is rated."""
CONCERNED = ("relatedParty", "id")
"""Where a flow or a task names the parties that it concerns."""


def documents_and_roles(results: Mapping[str, Any]) -> tuple[list[Target], list[str]]:
    """What `delete_documents` noted as the party's own, and the ids of its roles, by which others name it as well."""
    own = [(resource, id) for resource, id in [*results["removed"], *results.get("archived", ())]]
    return own, [id for resource, id in own if resource in (CUSTOMER, ROLE)]


async def delete_own_documents(step: Step, resource: str, party: str, archived: Sequence[Target] = ()) -> list[Target]:
    """Delete what is the party's own: its customers and roles, interactions and ended flows about these alone, surveys
    that it was asked or that rate any of these, itself. It is taken out of other flows that concern it. So is what was
    merged into any of them; `archived` are those of its customers and roles that are in the archive.

    Returns what is deleted.
    """
    removed: list[Target] = []
    for name in (CUSTOMER, ROLE):
        for each in await step.naming(name, ENGAGED, party):
            step.remove(name, each)
            removed.append((name, each.id))
    own = await step.services.aliases.united_ids({party, *(id for _, id in [*removed, *archived])})
    interactions = await _leave_interactions(step, own)
    rated = {id for _, id in [*removed, *archived, *interactions]}
    removed += [*interactions, *await _delete_flows(step, own), *await _delete_surveys(step, own, rated)]
    removed += await _leave_others(step, own)
    step.work.add(partial(step.services.suspicions.erase, own))
    document = await step.find(resource, party)
    if document is not None:
        step.remove(resource, document)
    return [*removed, (resource, party)]


async def _leave_interactions(step: Step, own: Set[str]) -> list[Target]:
    """Delete the interactions with nobody else; of the others, only who took part is changed."""
    removed: list[Target] = []
    interactions = {each.id: each for id in sorted(own) for each in await step.naming(INTERACTION, RELATED, id)}
    for each in interactions.values():
        related = each.document["relatedParty"]
        others = [one for one in related if one.get("partyOrPartyRole", {}).get("id") not in own]
        if others:
            step.update(INTERACTION, each, {"relatedParty": others})
        else:
            step.remove(INTERACTION, each)
            removed.append((INTERACTION, each.id))
    return removed


async def _leave_others(step: Step, own: Set[str]) -> list[Target]:
    """Delete the documents of all other resources that they alone own, such as privacy profiles; of those that others
    own, too, their elements of arrays go, and of single members all but the id."""
    removed: list[Target] = []
    ownership = step.services.legal_holds.ownership
    for name in sorted(set(ownership.resources) - {CUSTOMER, ROLE, INTERACTION, SURVEY, FLOW, TASK}):
        paths = ownership.owner_paths(name)
        named = {each.id: each for path in paths for id in sorted(own) for each in await step.naming(name, path, id)}
        for each in named.values():
            if ownership.owners(name, each.document) <= own:
                step.remove(name, each)
                removed.append((name, each.id))
            else:
                left = {path[0]: _without(each.document.get(path[0]), path[1:], own) for path in paths}
                step.update(name, each, left)
    return removed


def _without(value: Any, path: Path, own: Set[str]) -> Any:
    """What is left of a member without the owners at the end of the path."""
    if isinstance(value, list):
        return [each for each in value if own.isdisjoint(texts_at(each, path))] or None
    if not isinstance(value, dict) or own.isdisjoint(texts_at(value, path)):
        return value
    name, *further = path
    if further:
        return {**value, name: _without(value[name], tuple(further), own)}
    return {kept: value[kept] for kept in ("id", "@type", "@referredType") if kept in value}


async def _delete_surveys(step: Step, own: Set[str], rated: Set[str]) -> list[Target]:
    """Delete the surveys that the party was asked, and those about what is deleted with it."""
    if SURVEY not in step.services.collections:
        return []
    asked = [each for id in sorted(own) for each in await step.naming(SURVEY, ASKED, id)]
    about = [each for id in sorted(rated) for each in await step.naming(SURVEY, RATED, id)]
    surveys = {each.id: each for each in (*asked, *about)}
    for each in surveys.values():
        step.remove(SURVEY, each)
    return [(SURVEY, id) for id in surveys]


async def _delete_flows(step: Step, own: Set[str]) -> list[Target]:
    """Delete the flows that were about them, and have ended or no purpose without; also of merges, which name one of
    both as an input."""
    flows = {each.id: each for id in sorted(own) for each in await step.naming(FLOW, ("relatedEntity", "id"), id)}
    async for each in step.services.mentions.of(FLOW, own):
        if each.document["processFlowSpecification"] in RECORDS and not own.isdisjoint(_inputs(each)):
            flows[each.id] = each
    removed = [
        target for id, each in flows.items() if id != step.flow.id for target in await step.remove_flow(FLOW, each)
    ]
    await _leave_flows(step, own, {id for name, id in removed if name == FLOW})
    return removed


async def _leave_flows(step: Step, own: Set[str], removed: Set[str]) -> None:
    """Take them out of the flows that are not `removed`, and of their tasks; not out of that which erases them."""
    flows = {each.id: each for id in sorted(own) for each in await step.naming(FLOW, CONCERNED, id)}
    for id in flows.keys() - removed - {step.flow.id}:
        for task in await step.services.collections[TASK].documents.within(id):
            _leave(step, TASK, task, own)
        _leave(step, FLOW, flows[id], own)


def _inputs(flow: StoredDocument) -> list[str]:
    return [value for value in values_of(flow.document).values() if isinstance(value, str)]


def _leave(step: Step, resource: str, each: StoredDocument, own: Set[str]) -> None:
    others = [one for one in each.document.get("relatedParty", ()) if one["id"] not in own]
    step.update(resource, each, {"relatedParty": others or None})
