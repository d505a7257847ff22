# SPDX-License-Identifier: Apache-2.0
"""The plan of undoing a merge: both documents as they were, but for later changes, and the references of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.domain.redirection import Redirection
from app.domain.survivorship import divide
from app.processes.definition import Refuse
from app.processes.merged_relationships import related_ids, relationships_of, restore_relationships
from app.processes.merging import DUPLICATE, SURVIVOR, follow, write_changes, write_together
from app.processes.step import Step
from app.resources.create import created_change
from app.resources.delete_guards import describe_holds
from app.resources.merged_references import redirection
from app.resources.relationships import Write
from app.resources.resource import Document
from app.storage.documents.aliases import Alias
from app.storage.documents.merge_journal import MergedPair, MovedReference
from app.storage.documents.referential_integrity import Target
from app.storage.documents.rows import StoredDocument


@dataclass
class Division:
    """What undoing a `merge` writes. `changed` are attributes of survivors that were changed since, `lost` references
    that are not there any more as the merge left them: both stay with the survivor."""

    merge: str
    pairs: Sequence[MergedPair]
    led_back: Sequence[str] = ()
    survivors: list[tuple[StoredDocument, Document]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    referrers: dict[Target, tuple[StoredDocument, Document]] = field(default_factory=dict)
    lost: list[dict[str, Any]] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """What becomes of it, as JSON."""
        ends = [{"resource": each.resource, DUPLICATE: each.duplicate, SURVIVOR: each.survivor} for each in self.pairs]
        back = [{"resource": resource, "id": id} for resource, id in sorted(self.referrers)]
        return {"divided": ends, "references": back, "lost": self.lost, "changed": self.changed}


async def plan_division(step: Step, *, restored: bool) -> Division | Refuse:
    """The plan for what the flow is about, or what stands against it. Attributes that were changed since are as before
    the merge if they are to be `restored`."""
    resource, survivor, duplicate = step.subject_resource(SURVIVOR), step.subject_id(SURVIVOR), step.inputs[DUPLICATE]
    alias = await step.services.aliases.find((resource, duplicate))
    if alias is None or alias.survivor != survivor:
        return Refuse(f"{resource} {duplicate} is not merged into {survivor}")
    others = [each for each in await step.services.aliases.of((resource, survivor)) if each.id != duplicate]
    if later := [each for each in others if each.at > alias.at]:
        return Refuse(f"{resource} {later[-1].id} was merged into it later; undo that first")
    pairs = await step.services.journal.pairs(alias.merge)
    if not pairs:
        return Refuse("what the merge changed is erased")
    if refusal := await _refuse_held(step, pairs) or await _refuse_archived(step, alias.merge, pairs):
        return refusal
    plan = Division(alias.merge, pairs, await _led_back(step, alias, others))
    for pair in pairs:
        current = await step.find(pair.resource, pair.survivor)
        if current is None:
            return Refuse(f"there is no {pair.resource} {pair.survivor} any more")
        document, changed = divide(current.document, pair.before, pair.after)
        for name in changed if restored else ():
            document = {**document, name: pair.before.get(name)}
        plan.survivors.append((current, {name: value for name, value in document.items() if value is not None}))
        plan.changed += [f"{pair.resource}/{name}" for name in changed]
    await _lead_references_back(step, plan)
    await _assign(step, plan)
    await _divide_relationships(step, plan)
    return plan


def write_division(step: Step, plan: Division) -> None:
    """Write what is planned: survivors first, as they give up identifiers that the others get back."""
    writes = _writes(plan)
    together = {resource for resource, each in writes.items() if write_together(step, resource, each)}
    for pair, (current, document) in zip(plan.pairs, plan.survivors, strict=True):
        if pair.resource not in together:
            write_changes(step, pair.resource, current, document, at_once=True)
    for pair in plan.pairs:
        if pair.resource not in together:
            at = step.services.collections[pair.resource]
            change = created_change(at.resource, pair.document, step.now, step.origin)
            step.work.insert(at.documents, pair.duplicate, pair.document, change)
        step.work.add(partial(step.services.aliases.remove, (pair.resource, pair.duplicate)))
    first = plan.pairs[0]
    step.work.add(partial(step.services.aliases.lead, first.resource, plan.led_back, first.duplicate))
    for (resource, _), (seen, document) in plan.referrers.items():
        if resource not in together:
            write_changes(step, resource, seen, document)
    step.work.add(partial(step.services.journal.close, plan.merge, step.now, plan.pairs))
    for pair in plan.pairs:
        ends = pair.resource, pair.duplicate, pair.survivor
        step.work.add(partial(step.services.suspicions.part, *ends, step.flow.id, step.now))


async def _refuse_held(step: Step, pairs: Sequence[MergedPair]) -> Refuse | None:
    """What was merged is under a hold as one: nothing of it may be taken out."""
    if held := await step.services.legal_holds.holds_on([(pair.resource, pair.survivor) for pair in pairs]):
        (resource, id), holds = next(iter(held.items()))
        return Refuse(f"{resource} {id} is held by {describe_holds(holds)}; it stays as it is until that is released")
    return None


async def _refuse_archived(step: Step, merge: str, pairs: Sequence[MergedPair]) -> Refuse | None:
    """What was archived since is in the bundle of the survivor's party, and would stay there."""
    moved = [(each.resource, each.id) for each in await step.services.journal.moved_references(merge)]
    for resource, id in [*((pair.resource, pair.survivor) for pair in pairs), *moved]:
        if bundle := await step.bundle_of(resource, id):
            return Refuse(f"{resource} {id} was archived since, in the bundle {bundle.id}: restore that first")
    return None


def _writes(plan: Division) -> dict[str, list[Write]]:
    writes: dict[str, list[Write]] = {}
    for pair, (current, document) in zip(plan.pairs, plan.survivors, strict=True):
        ends = Write(pair.survivor, current, document), Write(pair.duplicate, None, pair.document)
        writes.setdefault(pair.resource, []).extend(ends)
    for (resource, id), (seen, document) in plan.referrers.items():
        writes.setdefault(resource, []).append(Write(id, seen, document))
    return writes


async def _divide_relationships(step: Step, plan: Division) -> None:
    """Leave to both only relationships whose other ends are theirs by now."""
    pairs = []
    for number, (pair, (current, document)) in enumerate(zip(plan.pairs, plan.survivors, strict=True)):
        relationships = relationships_of(step, pair.resource)
        others = {id: document for (name, id), (_, document) in plan.referrers.items() if name == pair.resource}
        others |= {pair.survivor: document, pair.duplicate: pair.document}
        for id in related_ids(relationships, current.document, document, pair.document) - others.keys():
            if found := await step.find(pair.resource, id):
                others[id] = found.document
        restored = restore_relationships(relationships, pair.duplicate, {}, pair.document, others)
        left = restore_relationships(relationships, pair.survivor, current.document, document, others)
        pairs.append(replace(pair, document=restored))
        plan.survivors[number] = current, left
    plan.pairs = pairs


async def _led_back(step: Step, alias: Alias, others: Sequence[Alias]) -> list[str]:
    """The aliases of the survivor that were the duplicate's before: they lead there again."""
    origins = {each.id: await _first_survivor(step, each) for each in others}
    back = {alias.id}
    while more := {id for id, first in origins.items() if first in back} - back:
        back |= more
    return sorted(back - {alias.id})


async def _first_survivor(step: Step, alias: Alias) -> str:
    pairs = await step.services.journal.pairs(alias.merge)
    return next((pair.survivor for pair in pairs if pair.duplicate == alias.id), alias.survivor)


async def _lead_references_back(step: Step, plan: Division) -> None:
    back = {pair.survivor: redirection(pair.resource, pair.survivor, pair.duplicate) for pair in plan.pairs}
    for moved in await step.services.journal.moved_references(plan.merge):
        seen = await step.find(moved.resource, moved.id)
        lost = list(moved.references)
        if seen is not None:
            document, lost = _lead_back(seen.document, moved, back)
            if document is not seen.document:
                plan.referrers[moved.resource, moved.id] = seen, document
        if lost:
            plan.lost.append({"resource": moved.resource, "id": moved.id, "at": lost})


def _lead_back(
    document: Document, moved: MovedReference, back: Mapping[str, Redirection]
) -> tuple[Document, list[str]]:
    lost: list[str] = []
    for survivor, each in back.items():
        own = {at: reference for at, reference in moved.references.items() if reference.get("id", survivor) == survivor}
        document, missing = each.lead_back(document, own)
        lost += missing
    return document, lost


async def _assign(step: Step, plan: Division) -> None:
    """Lead the references of documents that somebody names from the survivor to the other one."""
    back = [redirection(pair.resource, pair.survivor, pair.duplicate) for pair in plan.pairs]
    for each in step.inputs.get("assign", ()):
        target = each["resource"], each["id"]
        known = each["resource"] in step.services.collections
        seen = plan.referrers[target][0] if target in plan.referrers else await step.find(*target) if known else None
        if seen is None:
            plan.lost.append({"resource": each["resource"], "id": each["id"], "at": []})
            continue
        document = plan.referrers[target][1] if target in plan.referrers else seen.document
        document, _ = follow(step, each["resource"], document, back)
        plan.referrers[target] = seen, document
