# SPDX-License-Identifier: Apache-2.0
"""A request for a flow, or for an optional task of one: what it is about, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.violations import Violation, refusal
from app.processes.definition import Process
from app.processes.form import values_of
from app.processes.strong_identifiers import KIND, NUMBER
from app.resources.references import Reference
from app.resources.resource import Document


def subject_references(process: Process, shown: Mapping[str, Any]) -> list[Reference]:
    """The references to what a flow should be about."""
    if process.subject is None:
        return []
    return [
        Reference(("relatedEntity", index), each["@referredType"], each["id"], each["id"])
        for index, each in enumerate(shown.get("relatedEntity", ()))
        if each["role"] == process.subject.role and each["@referredType"] in process.subject.resources
    ]


def identification_in(process: Process, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The identification by which a request tells its customer; empty where it names the customer."""
    return {name: value for name, value in values_of(shown).items() if name in process.identified_by}


def with_customer(process: Process, shown: Document, id: str) -> Document:
    """The request as it is about the customer with this id, without the identification that told who that is."""
    assert process.subject is not None, "who is identified is what a process is about"
    kept = [each for each in shown["characteristic"] if each["name"] not in process.identified_by]
    customer = {"id": id, "role": process.subject.role, "@referredType": process.subject.resources[0]}
    named = {**shown, "relatedEntity": [*shown.get("relatedEntity", ()), customer], "characteristic": kept}
    return named if kept else {name: value for name, value in named.items() if name != "characteristic"}


def requested_task(shown: Document) -> str:
    """The name of the optional task that a client asks for; empty where it names none."""
    reference = shown.get("taskFlowSpecificationRef", {})
    name = shown.get("taskFlowSpecification") or reference.get("name")
    return str(name or reference.get("id", "").rpartition(".")[2])


def refuse_wrong(process: Process, shown: Mapping[str, Any]) -> None:
    """Raise `BadRequest` for a request that does not say what its process must be told."""
    violations = list(process.inputs.violations(shown.get("characteristic", ())))
    reference = shown.get("processFlowSpecificationRef", {}).get("id", process.name)
    if reference != process.name:
        told = f"should be '{process.name}', as processFlowSpecification says"
        violations.append(Violation("/processFlowSpecificationRef/id", told, rule="process"))
    if violations := [*violations, *_wrong_subject(process, shown)]:
        raise refusal(violations)


def _wrong_subject(process: Process, shown: Mapping[str, Any]) -> Iterator[Violation]:
    if process.subject is None:
        return
    # Whoever looks for what a flow is about goes by the role: another one in it would be taken for that.
    named = sum(each["role"] == process.subject.role for each in shown.get("relatedEntity", ()))
    told = identification_in(process, shown)
    if told and named:
        yield Violation("/relatedEntity", "names the customer, as characteristics do: leave one out", rule="subject")
    elif told:
        for name in (KIND, NUMBER):
            if name not in told:
                message = f"should have '{name}', too, as they are to tell who the customer is"
                yield Violation("/characteristic", message, rule="subject", lacking=True)
    elif named != 1 or not subject_references(process, shown):
        about = f"{{id, role: {process.subject.role}, @referredType: {' or '.join(process.subject.resources)}}}"
        instead = f" (or no one, and the characteristics {KIND} and {NUMBER})" if process.identified_by else ""
        message = f"should have one {about}{instead}; it has {named}"
        yield Violation("/relatedEntity", message, rule="subject", lacking=not named)
