# SPDX-License-Identifier: Apache-2.0
"""The plan of a merge: which documents become one, what that one has of each, and whose references follow."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain.json_pointers import steps, value_at
from app.domain.json_values import equal
from app.domain.redirection import Redirection, without_self
from app.processes.definition import Ask, Refuse
from app.processes.flows import ENDED
from app.processes.merged_relationships import (
    relationships_of,
    resolve_hierarchy,
    without_each_other,
    without_refused,
)
from app.processes.parties import CUSTOMER, ENGAGED, PARTIES
from app.processes.policies import MERGE, REFUSE
from app.processes.step import Step
from app.resources.delete_guards import describe_holds
from app.resources.merged_references import redirection
from app.resources.relationships import Write
from app.resources.resource import Document
from app.storage.documents.merge_journal import MergedPair, MovedReference
from app.storage.documents.referential_integrity import Target
from app.storage.documents.rows import StoredDocument

DUPLICATE, SURVIVOR = "duplicate", "survivor"
RECORDS = ("MergeParty", "MergeCustomer", "UnmergeParty", "UnmergeCustomer", "ResolveDuplicate")
"""Processes whose flows are the record of merges, and stay as they are."""
OVERRULE = "overrule"
FLOW, TASK = "ProcessFlow", "TaskFlow"


class Pair(NamedTuple):
    """Two documents of a resource that become one."""

    resource: str
    survivor: StoredDocument
    duplicate: StoredDocument

    @property
    def redirection(self) -> Redirection:
        """Where references to the duplicate lead."""
        return redirection(self.resource, self.duplicate.id, self.survivor.id)


@dataclass
class Plan:
    """What a merge writes: the documents of `survivors` and of those that refer to a duplicate, with where they do."""

    pairs: list[Pair]
    survivors: list[Document] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    referrers: dict[Target, tuple[StoredDocument, Document, list[str]]] = field(default_factory=dict)

    @property
    def report(self) -> dict[str, Any]:
        """What becomes of it, as JSON: of which document each attribute comes, and whose references follow."""
        return {
            "merged": [
                {
                    "resource": each.resource,
                    DUPLICATE: each.duplicate.id,
                    SURVIVOR: each.survivor.id,
                    "attributes": taken,
                }
                for each, taken in zip(self.pairs, self.sources, strict=True)
            ],
            "references": [
                {"resource": resource, "id": id, "at": pointers}
                for (resource, id), (_, _, pointers) in sorted(self.referrers.items(), key=lambda item: item[0])
            ],
        }


async def plan_merge(step: Step) -> Plan | Refuse | Ask:
    """The plan for what the flow is about; what stands against it, or what somebody has to decide before."""
    resource, id, survivor = step.subject_resource(DUPLICATE), step.subject_id(DUPLICATE), str(step.inputs[SURVIVOR])
    if id == survivor:
        return Refuse("it is the survivor itself")
    pair = await _pair(step, resource, survivor, id)
    if isinstance(pair, Refuse):
        return pair
    customers = await _customers(step, pair) if resource in PARTIES else []
    if not isinstance(customers, list):
        return customers
    return await _plan(step, [pair, *customers])


async def _pair(step: Step, resource: str, survivor: str, duplicate: str) -> Pair | Refuse:
    found = []
    for id in (survivor, duplicate):
        if alias := await step.services.aliases.find((resource, id)):
            return Refuse(f"{resource} {id} was merged into {alias.survivor} already, by the flow {alias.merge}")
        document = await step.find(resource, id)
        if document is None:
            bundle = await step.bundle_of(resource, id)
            archived = f"{resource} {id} is archived, in the bundle {bundle and bundle.id}: restore it first"
            return Refuse(archived if bundle else f"there is no {resource} {id}")
        found.append(document)
    ended, lives = (step.is_over(resource, each) for each in found)
    if resource == CUSTOMER and ended and not lives:
        state = [each.document["status"] for each in found]
        return Refuse(f"{survivor} is {state[0]}, and {duplicate} is {state[1]}: merge it the other way round")
    if held := await step.services.legal_holds.holds_on([(resource, survivor), (resource, duplicate)]):
        (_, id), holds = next(iter(held.items()))
        return Refuse(f"{resource} {id} is held by {describe_holds(holds)}; it stays as it is until that is released")
    if not step.inputs.get(OVERRULE) and await step.services.suspicions.are_apart(resource, survivor, duplicate):
        told = "it was decided that both, or what is merged into them, are not the same"
        return Refuse(f"{told}; a merge with `{OVERRULE}: true` overrules that")
    return Pair(resource, *found)


async def _customers(step: Step, parties: Pair) -> list[Pair] | Refuse | Ask:
    """The live customers that both parties are in the same role: they become one, too, where the policy says so."""
    pairs = []
    for theirs in await step.naming(CUSTOMER, ENGAGED, parties.duplicate.id):
        moved = {**theirs.document, "engagedParty": {**theirs.document["engagedParty"], "id": parties.survivor.id}}
        ours = await step.same_identity(CUSTOMER, moved)
        if ours is not None and ours.id != theirs.id:
            pairs.append(Pair(CUSTOMER, ours, theirs))
    if not pairs:
        return []
    told = ", ".join(f"{each.survivor.id} and {each.duplicate.id}" for each in pairs)
    policy = step.policies.merge.live_customers
    decided = step.answers.get("customers", policy)
    if decided == MERGE:
        return pairs
    if decided == REFUSE:
        return Refuse(f"both are live customers, {told}: merge these, or end one of them")
    return Ask(f"both are live customers, {told}: somebody should decide whether these are merged, too")


async def _plan(step: Step, pairs: list[Pair]) -> Plan | Refuse:
    plan, redirections = Plan(pairs), [pair.redirection for pair in pairs]
    for pair in pairs:
        united = await _unite(step, pair)
        united, _ = follow(step, pair.resource, united, redirections)
        plan.survivors.append(without_self(united, pair.redirection, step.services.merged.owners(pair.resource)))
        plan.sources.append(_sources(pair, plan.survivors[-1]))
    ends = {(pair.resource, each.id) for pair in pairs for each in (pair.survivor, pair.duplicate)}
    async for resource, stored in mentioning(step, redirections):
        if (resource, stored.id) in ends:
            continue
        document = stored.document
        for pair, survivor in zip(pairs, plan.survivors, strict=True):
            if resource == pair.resource:
                document = follow_relationships(step, resource, stored, pair.duplicate.id, survivor)
        document, pointers = follow(step, resource, document, redirections)
        if resource == FLOW and stored.document["state"] not in ENDED:
            return Refuse(
                f"the flow {stored.id} of {stored.document['processFlowSpecification']} is about it; end it first"
            )
        if pointers:
            plan.referrers[resource, stored.id] = stored, document, pointers
    return plan


def follow_relationships(
    step: Step, resource: str, stored: StoredDocument, duplicate: str, survivor: Document
) -> Document:
    """The document of another one, without the relationships with the duplicate that the `survivor` cannot have."""
    return without_refused(relationships_of(step, resource), stored.id, stored.document, duplicate, survivor)


async def mentioning(step: Step, redirections: list[Redirection]) -> AsyncIterator[tuple[str, StoredDocument]]:
    """The documents of all resources that may refer to a duplicate; not the records of merges themselves."""
    ids = [each.duplicate for each in redirections]
    merges: set[str] = set()
    for resource in sorted(step.services.collections, key=lambda name: name == TASK):
        async for stored in step.services.mentions.of(resource, ids):
            if resource == FLOW and stored.document["processFlowSpecification"] in RECORDS:
                merges.add(stored.id)
            elif not (resource == TASK and stored.id.partition("/")[0] in {*merges, step.flow.id}):
                yield resource, stored


def follow(
    step: Step, resource: str, document: Document, redirections: list[Redirection]
) -> tuple[Document, list[str]]:
    """The document with its references followed, and the JSON Pointers of these."""
    places: list[str] = []
    for each in redirections:
        document, pointers = each.follow(document, step.services.merged.owners(resource))
        places += pointers
    return document, sorted(places)


def write_changes(step: Step, resource: str, seen: StoredDocument, after: Document, *, at_once: bool = False) -> None:
    """Write what differs between a stored document and what it is to be `after`; see `Step.update`."""
    members = {n: after.get(n) for n in {*seen.document, *after} if not _same(seen.document, after, n)}
    step.update(resource, seen, members, at_once=at_once)


def write_together(step: Step, resource: str, writes: Sequence[Write]) -> bool:
    """Write documents of a resource with all ends of their relationships, if they have any; whether they have."""
    relationships = step.services.collections[resource].relationships
    related = relationships is not None and any(relationships.are_in(end) for each in writes for end in each.ends)
    if related:
        step.write_related(resource, writes)
    return related


async def _unite(step: Step, pair: Pair) -> Document:
    relationships, ids = relationships_of(step, pair.resource), {pair.survivor.id, pair.duplicate.id}
    own = [without_each_other(relationships, each.document, ids) for each in (pair.survivor, pair.duplicate)]
    united = _survive(step, pair, *own)
    return await resolve_hierarchy(step, pair.resource, united, own, ids) if relationships else united


def _survive(step: Step, pair: Pair, survivor: Document, duplicate: Document) -> Document:
    at = step.services.collections[pair.resource].resource
    fixed = {
        *at.rules.fixed,
        at.lifecycle.field,
        *at.lifecycle.companions,
        *([at.rules.touched] if at.rules.touched else ()),
    }
    return step.policies.merge.survivorship(pair.resource).unite(
        survivor,
        duplicate,
        newest_is_duplicate=pair.duplicate.changed > pair.survivor.changed,
        fixed=fixed,
    )


def _sources(pair: Pair, after: Document) -> dict[str, str]:
    """Of which document the attributes come that the survivor has otherwise than before: one, both, or none."""
    taken = {}
    for name in sorted({*pair.survivor.document, *after}):
        if not _same(pair.survivor.document, after, name):
            of_duplicate = _same(pair.duplicate.document, after, name)
            taken[name] = DUPLICATE if of_duplicate and name in after else "both" if name in after else "none"
    return taken


def journal_of(plan: Plan) -> tuple[list[MergedPair], list[MovedReference]]:
    """What a merge changes, for its journal."""
    pairs = []
    for pair, after, taken in zip(plan.pairs, plan.survivors, plan.sources, strict=True):
        before = {name: pair.survivor.document[name] for name in taken if name in pair.survivor.document}
        new = {name: after[name] for name in taken if name in after}
        ids = pair.duplicate.id, pair.survivor.id
        pairs.append(MergedPair(pair.resource, *ids, pair.duplicate.document, before, new))
    moved = [
        MovedReference(resource, id, {pointer: value_at(after, steps(pointer)) for pointer in pointers})
        for (resource, id), (_, after, pointers) in plan.referrers.items()
    ]
    return pairs, moved


def _same(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    return (name in before) == (name in after) and equal(before.get(name), after.get(name))
