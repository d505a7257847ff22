# SPDX-License-Identifier: Apache-2.0
"""Suspected duplicates: the pair of parties that a flow is about, what settles it, and the merge of both."""

from collections.abc import Sequence
from functools import partial

from app.domain.nested_keys import nested_key
from app.processes.definition import Ask, Complete, Outcome, Refuse, Wait
from app.processes.flows import ENDED, REASON
from app.processes.form import values_of
from app.processes.patience import HOUR, SOON
from app.processes.step import Step, related_entity
from app.storage.documents.rows import StoredDocument
from app.storage.identity.suspicions import MERGED, NOT_SAME, OPEN, Suspicion

SUSPECT = "suspect"
"""The role of both parties in `relatedEntity`."""
DECIDE, MERGE_BOTH = TASKS = ("decide", "merge")
"""The tasks that may wait for somebody, and look again when a pair is settled elsewhere."""
DECISION, SURVIVOR, UNTIL = "decision", "survivor", "until"
"""What somebody answers."""


async def open_suspicion(step: Step) -> Suspicion | Refuse:
    """The pair that the flow is about, or why there is nothing to decide any more."""
    suspicions, (resource, ids) = step.services.suspicions, suspects(step)
    found = await suspicions.find(resource, *ids)
    if found is None:
        return await _absence(step, resource, ids) or Refuse("they are not suspected any more")
    if found.flow != step.flow.id:
        return Refuse(f"they are suspected for other reasons by now, of which the flow {found.flow} asks")
    if found.status != OPEN:
        return _settlement(step, found)
    why = await _absence(step, resource, ids)
    if why is None and await suspicions.are_apart(resource, *ids):
        why = Refuse("it was decided of what is merged into them that it is not the same")
    if why is not None:
        forget(step, found)
    return why or found


def _settlement(step: Step, suspicion: Suspicion) -> Suspicion | Refuse:
    """A pair that is settled, by the flow itself; else how it was."""
    if suspicion.status == MERGED and suspicion.merged_by != suspicion.merge:
        return Refuse(f"they were merged by the flow {suspicion.merged_by}")
    if suspicion.status == NOT_SAME and DECISION not in step.results(DECIDE):
        return Refuse("their merge was undone: they are not the same")
    return suspicion


def forget(step: Step, suspicion: Suspicion) -> None:
    """There is nothing to decide about a pair; it may be suspected again."""
    step.work.add(partial(step.services.suspicions.forget, [suspicion]))


def suspects(step: Step) -> tuple[str, tuple[str, str]]:
    """The resource, and both ids, that the flow is about."""
    first, second = (each for each in step.flow.document["relatedEntity"] if each["role"] == SUSPECT)
    return first["@referredType"], (first["id"], second["id"])


def begin_merge(step: Step, suspicion: Suspicion, survivor: str) -> Outcome:
    """Begin the flow that merges both."""
    pair = suspicion.pair
    duplicate = pair.second if survivor == pair.first else pair.first
    about = related_entity(step.services.collections[pair.resource].resource, duplicate, "duplicate")
    inputs = {"survivor": survivor, "reason": f"decided in the flow {step.flow.id}"}
    flow = step.begin_about("MergeParty", about, inputs)
    step.work.add(partial(step.services.suspicions.merging, suspicion, flow, step.now))
    return Wait(step.after(SOON), f"the flow {flow} merges them")


async def await_merge(step: Step, suspicion: Suspicion) -> Outcome:
    """Wait for the end of the flow that merges both; where that is refused, somebody decides anew."""
    assert suspicion.merging_since is not None, "a merge is under way"
    flow = await step.find("ProcessFlow", suspicion.merge)
    if flow is not None and flow.document["state"] not in ENDED:
        pause = min(max(step.now - suspicion.merging_since, SOON), HOUR)
        return Wait(step.after(pause), f"the flow {flow.id} merges them; it is {flow.document['state']}")
    if suspicion.status == MERGED:
        return Complete({"merge": suspicion.merge})
    step.work.add(partial(step.services.suspicions.note_refusal, suspicion))
    told = await _refusal(step, flow) if flow else "it was deleted"
    return Ask(f"the flow {suspicion.merge} did not merge them: {told}; what now?", lapse=(DECISION, SURVIVOR))


async def settle_suspicions(step: Step, resource: str, duplicate: str, survivor: str) -> None:
    """Both become one: the flows look again of which the pairs are settled by that."""
    suspicions = step.services.suspicions
    step.work.add(partial(suspicions.unite, resource, duplicate, survivor, step.flow.id))
    flows = []
    for each in await suspicions.about(resource, {duplicate, survivor}):
        other = each.pair.first if each.pair.second == survivor else each.pair.second
        if duplicate in each.pair.ids or await suspicions.are_apart(resource, duplicate, other):
            flows.append(each.flow)
    step.work.add(partial(step.services.runs.wake, flows, TASKS, step.now))


async def _absence(step: Step, resource: str, ids: Sequence[str]) -> Refuse | None:
    for id in ids:
        if alias := await step.services.aliases.find((resource, id)):
            return Refuse(f"{resource} {id} was merged into {alias.survivor}, by the flow {alias.merge}")
        if await step.find(resource, id) is None:
            return Refuse(f"there is no {resource} {id} any more")
    return None


async def _refusal(step: Step, flow: StoredDocument) -> str:
    """Why a flow did not merge two: the reason that one of its tasks gives."""
    for name in flow.document["taskFlow"]:
        task = await step.find("TaskFlow", nested_key(flow.id, name["id"]))
        if task and (reason := values_of(task.document).get(REASON)):
            return str(reason)
    return "it was cancelled"
