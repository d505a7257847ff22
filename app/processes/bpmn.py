# SPDX-License-Identifier: Apache-2.0
"""BPMN 2.0 of a process (ISO/IEC 19510), with its diagram, as any modeler reads it. It is written, not executed."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from app.processes.definition import Process, Task

NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
TARGET = "urn:liaison:processes"
"""The namespace of the processes, and of what their ids name."""

START, END, GATEWAY, FORK = "startEvent", "endEvent", "exclusiveGateway", "parallelGateway"
SERVICE, USER = "serviceTask", "userTask"
SIZES = {START: (36, 36), END: (36, 36), GATEWAY: (50, 50), FORK: (50, 50), SERVICE: (160, 80), USER: (160, 80)}
"""Width and height by element, as modelers draw them."""
COLUMN, ROW, DROP, MARGIN = 60, 190, 95, 100
"""Between two elements; from a branch to the next; from a gateway down to its end; around all."""

for _prefix, _uri in NAMESPACES.items():
    register_namespace(_prefix, _uri)


@dataclass(frozen=True)
class Node:
    """A flow element of this `kind`, with its centre, and the definition of the `event` that it is."""

    kind: str
    id: str
    x: int
    y: int
    name: str = ""
    event: str = ""

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        width, height = SIZES[self.kind]
        return self.x - width // 2, self.y - height // 2, width, height


@dataclass(frozen=True)
class Edge:
    """A sequence flow; its name is the answer at the gateway that it leaves."""

    source: Node
    target: Node
    name: str = ""

    @property
    def id(self) -> str:
        return f"{self.source.id}-{self.target.id.rpartition('.')[2]}"

    @property
    def waypoints(self) -> list[tuple[int, int]]:
        """From border to border: straight; down and then to the right; or to the right and then up."""
        source, target = self.source, self.target
        right, left = source.x + source.bounds[2] // 2, target.x - target.bounds[2] // 2
        if source.y == target.y:
            return [(right, source.y), (left, target.y)]
        if source.x == target.x:
            return [(source.x, source.y + source.bounds[3] // 2), (target.x, target.bounds[1])]
        if source.y < target.y:
            return [(source.x, source.y + source.bounds[3] // 2), (source.x, target.y), (left, target.y)]
        return [(right, source.y), (target.x, source.y), (target.x, target.y + target.bounds[3] // 2)]


def to_bpmn(process: Process) -> bytes:
    """BPMN 2.0 of a process, as XML in UTF-8.

    The id of a task is that of its TaskFlowSpecification. A task that may ask somebody is a user task, any other one a
    service task; each may refuse, which ends the flow. An optional task is an event sub-process, which interrupts.
    """
    definitions = Element(_name("bpmn", "definitions"), {"id": "definitions", "targetNamespace": TARGET})
    main = SubElement(definitions, _name("bpmn", "process"), {"id": process.name, "name": process.name})
    main.set("isExecutable", "false")
    SubElement(main, _name("bpmn", "documentation")).text = process.description
    diagram = SubElement(definitions, _name("bpmndi", "BPMNDiagram"), {"id": "diagram"})
    plane = SubElement(diagram, _name("bpmndi", "BPMNPlane"), {"id": "plane", "bpmnElement": process.name})
    edges = list(_edges(process))
    _write(main, plane, edges)
    top = max(node.y for node in _nodes(edges)) + ROW // 2
    for at, task in enumerate(process.optional):
        _write_optional(main, plane, process, task, top + at * ROW)
    indent(definitions, "")
    return bytes(tostring(definitions, encoding="UTF-8", xml_declaration=True))


def _edges(process: Process) -> Iterator[Edge]:
    """The sequence flows of the mandatory tasks, from the start to the end, by the main line and its branches."""
    at = MARGIN + SIZES[START][0] // 2
    last = Node(START, f"{process.name}.start-event", at, MARGIN, "begun")
    answer = ""
    for number, group in enumerate(process.groups):
        side_by_side = len(group) > 1
        if side_by_side:
            fork = _after(last, FORK, f"{process.name}.fork-{number}")
            yield Edge(last, fork, answer)
            last, answer = fork, ""
        ends = []
        for row, task in enumerate(group):
            node = _after(last, _kind(task), f"{process.name}.{task.name}", task.description, row)
            gateway = _after(node, GATEWAY, f"{node.id}-gateway", "goes on?")
            refused = Node(END, f"{node.id}-refused", gateway.x, gateway.y + DROP, "cancelled", "terminate")
            yield from (Edge(last, node, answer), Edge(node, gateway), Edge(gateway, refused, "no"))
            ends.append(gateway)
        last, answer = ends[0], "yes"
        if side_by_side:
            join = _after(last, FORK, f"{process.name}.join-{number}")
            yield from (Edge(gateway, join, "yes") for gateway in ends)
            last, answer = join, ""
    yield Edge(last, _after(last, END, f"{process.name}.end-event", "completed"), answer)


def _after(last: Node, kind: str, id: str, name: str = "", row: int = 0) -> Node:
    """The node to the right of another one, so many rows below it."""
    x = last.x + SIZES[last.kind][0] // 2 + COLUMN + SIZES[kind][0] // 2
    return Node(kind, id, x, last.y + row * ROW, name)


def _kind(task: Task) -> str:
    return USER if task.form else SERVICE


def _nodes(edges: list[Edge]) -> list[Node]:
    return list(dict.fromkeys(node for edge in edges for node in (edge.source, edge.target)))


def _write_optional(scope: Element, plane: Element, process: Process, task: Task, top: int) -> None:
    """The event sub-process of an optional task, from `top` on: asked for by a message, it ends the flow."""
    until = f", before {process.by_name[process.irrevocable].name}" if process.irrevocable else ""
    id = f"{process.name}.{task.name}"
    attributes = {"id": f"{id}-process", "name": f"{task.name}{until}", "triggeredByEvent": "true"}
    inner = SubElement(scope, _name("bpmn", "subProcess"), attributes)
    start = Node(START, f"{id}-asked", MARGIN + 50, top + ROW // 2, "asked for", "message")
    node = _after(start, _kind(task), id, task.description)
    end = _after(node, END, f"{id}-done", "cancelled")
    shape = SubElement(plane, _name("bpmndi", "BPMNShape"), {"id": f"{id}-process-shape"})
    shape.attrib |= {"bpmnElement": f"{id}-process", "isExpanded": "true"}
    _bounds(shape, MARGIN, top + 15, end.x + 50 - MARGIN, ROW - 30)
    _write(inner, plane, [Edge(start, node), Edge(node, end)])


def _write(scope: Element, plane: Element, edges: list[Edge]) -> None:
    """Write elements and flows, and how each is drawn."""
    for node in _nodes(edges):
        element = SubElement(scope, _name("bpmn", node.kind), {"id": node.id})
        if node.name:
            element.set("name", node.name)
        ways = [("incoming", edge.id) for edge in edges if edge.target == node]
        ways += [("outgoing", edge.id) for edge in edges if edge.source == node]
        for direction, id in ways:
            SubElement(element, _name("bpmn", direction)).text = id
        if node.event:
            SubElement(element, _name("bpmn", f"{node.event}EventDefinition"), {"id": f"{node.id}-event"})
        _draw(plane, node)
    for edge in edges:
        _write_flow(scope, plane, edge)


def _draw(plane: Element, node: Node) -> None:
    shape = SubElement(plane, _name("bpmndi", "BPMNShape"), {"id": f"{node.id}-shape", "bpmnElement": node.id})
    _bounds(shape, *node.bounds)
    if node.kind == GATEWAY:  # Its label is above it: below is the way down to the end.
        _bounds(SubElement(shape, _name("bpmndi", "BPMNLabel")), node.x - 25, node.bounds[1] - 20, 50, 14)


def _write_flow(scope: Element, plane: Element, edge: Edge) -> None:
    flow = SubElement(scope, _name("bpmn", "sequenceFlow"), {"id": edge.id})
    flow.attrib |= {"sourceRef": edge.source.id, "targetRef": edge.target.id}
    if edge.name:
        flow.set("name", edge.name)
    line = SubElement(plane, _name("bpmndi", "BPMNEdge"), {"id": f"{edge.id}-edge", "bpmnElement": edge.id})
    for x, y in edge.waypoints:
        SubElement(line, _name("di", "waypoint"), {"x": str(x), "y": str(y)})


def _bounds(parent: Element, x: int, y: int, width: int, height: int) -> None:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    SubElement(parent, _name("dc", "Bounds"), {name: str(value) for name, value in sizes.items()})


def _name(prefix: str, local: str) -> str:
    """The name as the standard library spells a qualified one."""
    return f"{{{NAMESPACES[prefix]}}}{local}"
