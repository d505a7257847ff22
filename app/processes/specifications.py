# SPDX-License-Identifier: Apache-2.0
"""Specifications (TMF701): what clients read of the processes and of their tasks, with the forms as JSON Schema."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from app.processes.bpmn import to_bpmn
from app.processes.definition import Process, Processes, Task
from app.processes.form import Form

Document = dict[str, Any]


def process_specifications(processes: Processes) -> dict[str, Document]:
    """The ProcessFlowSpecification of each process, without `href`, by its name, which is its id."""
    return {process.name: _process(process) for process in processes}


def task_specifications(processes: Processes) -> dict[str, Document]:
    """The TaskFlowSpecification of each task of each process, without `href`, by its id."""
    return {id: document for process in processes for id, document in _tasks(process)}


def task_id(process: Process, task: str) -> str:
    """The id of the specification of a task."""
    return f"{process.name}.{task}"


def _process(process: Process) -> Document:
    document = {
        "@type": "ProcessFlowSpecification",
        "id": process.name,
        "name": process.name,
        "description": f"{process.description} (eTOM {process.etom})" if process.etom else process.description,
        "lifecycleStatus": "active",
        "version": process.version,
        "taskFlowSpecification": [
            {"id": task_id(process, task.name), "name": task.name, "@referredType": "TaskFlowSpecification"}
            for task in process.all_tasks()
        ],
        "attachment": [_diagram(process)],
        **_characteristics("processFlowSpecificationCharacteristic", process.inputs),
    }
    if process.subject is None:
        return document
    role = process.subject.role
    about = [{"id": each, "role": role, "@referredType": each} for each in process.subject.resources]
    return {**document, "relatedEntitySpecification": about}


def _diagram(process: Process) -> Document:
    content = to_bpmn(process)
    return {
        "@type": "Attachment",
        "id": f"{process.name}.bpmn",
        "name": f"{process.name}.bpmn",
        "description": "The process as BPMN 2.0, with its diagram",
        "attachmentType": "BPMN",
        "mimeType": "application/bpmn+xml",
        "size": {"amount": len(content), "units": "byte"},
        "content": b64encode(content).decode("ascii"),
    }


def _tasks(process: Process) -> Iterator[tuple[str, Document]]:
    for task in process.all_tasks():
        yield task_id(process, task.name), _task(process, task)


def _task(process: Process, task: Task) -> Document:
    following = process.next_names(task.name) if task.name in process.names else []
    next_tasks = [{"id": task_id(process, name), "name": name, "relationshipType": "next"} for name in following]
    return {
        "@type": "TaskFlowSpecification",
        "id": task_id(process, task.name),
        "name": task.name,
        "description": task.description,
        "lifecycleStatus": "active",
        "taskFlowSpecificationType": task.method,
        "version": process.version,
        "processFlowSpecificationRelationship": [
            {"id": process.name, "name": process.name, "relationshipType": "task of"}
        ],
        **({"taskFlowSpecificationRelationship": next_tasks} if next_tasks else {}),
        **(_characteristics("taskFlowSpecificationCharacteristic", task.form) if task.form else {}),
    }


def _characteristics(member: str, form: Form) -> Document:
    listed = [_characteristic(name, schema, name in form.required) for name, schema in form.properties.items()]
    return {member: listed} if listed else {}


def _characteristic(name: str, schema: Mapping[str, Any], required: bool) -> Document:
    type_name = str(schema.get("type", "any"))
    return {
        "id": name,
        "name": name,
        "description": str(schema.get("description", "")),
        "valueType": type_name,
        "configurable": True,
        "minCardinality": int(required),
        "maxCardinality": 1,
        "characteristicValueSpecification": [
            {"@type": "JsonSchemaCharacteristicValueSpecification", "valueType": type_name, "value": dict(schema)}
        ],
    }
