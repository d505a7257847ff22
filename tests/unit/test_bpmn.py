# SPDX-License-Identifier: Apache-2.0
"""BPMN 2.0 of each process, and of made-up ones: whole, connected, drawn, and as the linter of modelers has it."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver import NodeResolver
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composition.processes import processes_of
from app.processes.bpmn import NAMESPACES, to_bpmn
from app.processes.definition import Complete, Group, Outcome, Process, Processes, Task
from app.processes.form import Form
from app.processes.specifications import process_specifications
from app.processes.step import Step
from app.settings import Settings

PROCESSES = list(processes_of(Settings()))
EACH = pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
BPMN, DIAGRAM, FLOW = f"{{{NAMESPACES['bpmn']}}}", f"{{{NAMESPACES['bpmndi']}}}", "sequenceFlow"


async def done(step: Step) -> Outcome:
    return Complete()


@st.composite
def processes(draw: st.DrawFn) -> Process:
    """Processes of a few tasks, some of them side by side, with and without a form, and optional ones."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    number = iter(range(100))

    def tasks(count: int) -> tuple[Task, ...]:
        forms = draw(st.lists(st.booleans(), min_size=count, max_size=count))
        return tuple(Task(f"t{next(number)}", "<do & 'tell'>", done, Form() if form else None) for form in forms)

    groups: Sequence[Task | Group] = [group if len(group) > 1 else group[0] for group in map(tasks, sizes)]
    names = [task.name for group in groups for task in (group if isinstance(group, tuple) else (group,))]
    optional, irrevocable = tasks(draw(st.integers(0, 2))), draw(st.sampled_from(["", *names]))
    return Process("Made", "Made up", "", None, Form(), groups, None, optional, irrevocable)


def by_id(root: Element) -> dict[str, Element]:
    listed = [each for each in root.iter() if "id" in each.attrib]
    found = {each.attrib["id"]: each for each in listed}
    assert len(found) == len(listed), "each id is there once"
    return found


def kind(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def reachable(found: dict[str, Element], beginnings: Sequence[str]) -> set[str]:
    """The elements that are reached by sequence flows; raises `KeyError` for an end that is not there."""
    seen: set[str] = set()
    ahead = list(beginnings)
    while ahead:
        id = ahead.pop()
        if id not in seen:
            seen.add(id)
            ahead += [found[flow.text or ""].attrib["targetRef"] for flow in found[id].iter(f"{BPMN}outgoing")]
    return seen


def check_whole(process: Process) -> None:
    """Each id is there once, each flow has its ends, each task is reached, and all of it is drawn."""
    root = fromstring(to_bpmn(process))
    found = by_id(root)
    flows = {id: each for id, each in found.items() if kind(each) == FLOW}
    for id, flow in flows.items():
        for end, way in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            assert id in [each.text for each in found[flow.attrib[end]].iter(BPMN + way)]
    tasks = {f"{process.name}.{task.name}": task for task in process.all_tasks()}
    assert tasks.keys() == {id for id, each in found.items() if kind(each) in ("serviceTask", "userTask")}
    for id, task in tasks.items():
        assert kind(found[id]) == ("userTask" if task.form else "serviceTask")
    nodes = {id for id, each in found.items() if each.findall(f"{BPMN}incoming") or each.findall(f"{BPMN}outgoing")}
    assert reachable(found, [id for id in nodes if kind(found[id]) == "startEvent"]) == nodes
    drawn = [each.attrib["bpmnElement"] for each in root.iter() if kind(each) in ("BPMNShape", "BPMNEdge")]
    boxes = {id for id, each in found.items() if kind(each) == "subProcess"}
    assert sorted(drawn) == sorted([*nodes, *flows, *boxes])
    assert len(boxes) == len(process.optional)
    assert check(to_bpmn(process).decode()).ok


@EACH
def test_the_diagram_of_each_process_is_whole(process: Process) -> None:
    check_whole(process)


@given(process=processes())
@settings(max_examples=25, deadline=None)
def test_any_process_has_a_whole_diagram(process: Process) -> None:
    check_whole(process)


@EACH
def test_the_linter_of_modelers_has_nothing_to_say(process: Process) -> None:
    model: Any = BpmnModdle().from_xml(to_bpmn(process).decode()).root_element
    resolver: Any = NodeResolver()
    assert Linter(resolver=resolver).lint(model, {"extends": "bpmnlint:recommended"}) == {}


@EACH
def test_tasks_side_by_side_are_between_parallel_gateways(process: Process) -> None:
    found = by_id(fromstring(to_bpmn(process)))
    forks = [each for each in found.values() if kind(each) == "parallelGateway"]
    ways = sorted(len(each.findall(f"{BPMN}{way}")) for each in forks for way in ("incoming", "outgoing"))
    sizes = [len(group) for group in process.groups if len(group) > 1]
    assert ways == sorted([*sizes * 2, *[1, 1] * len(sizes)])


@EACH
def test_a_refusal_and_an_optional_task_end_the_flow(process: Process) -> None:
    root = fromstring(to_bpmn(process))
    ends = [each for each in root.iter(f"{BPMN}endEvent") if each.find(f"{BPMN}terminateEventDefinition") is not None]
    assert len(ends) == len(process.names)
    for inner in root.iter(f"{BPMN}subProcess"):
        assert inner.attrib["triggeredByEvent"] == "true"
        assert inner.find(f"{BPMN}startEvent/{BPMN}messageEventDefinition") is not None


@EACH
def test_the_specification_of_a_process_has_its_diagram(process: Process) -> None:
    document = process_specifications(Processes([process]))[process.name]
    (attachment,) = document["attachment"]
    content = b64decode(attachment["content"], validate=True)
    assert content == to_bpmn(process)
    assert (attachment["mimeType"], attachment["size"]["amount"]) == ("application/bpmn+xml", len(content))
