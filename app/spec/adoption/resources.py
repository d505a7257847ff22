# SPDX-License-Identifier: Apache-2.0
"""Finds the resources of a published document: collections with standard operations (TMF630)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.events import lower_camel
from app.spec.adoption.published_document import PublishedDocument, PublishedOperation
from app.spec.adoption.report import AdoptionError, Note, Report, pointer
from app.spec.adoption.schema_walk import SchemaNames
from app.spec.adoption.standard_names import STANDARD
from app.spec.expansion import OPERATIONS
from app.spec.lint import UNDECLARED

_COLLECTION = re.compile(r"/([A-Za-z][A-Za-z0-9]*)/?")
_MEMBER = re.compile(r"/([A-Za-z][A-Za-z0-9]*)/\{[^{}/]+\}/?")
_STANDARD = re.compile(r"/(hub|listener|client)(/.*)?")
"""Paths that are expanded, and those that a listener serves."""
MOST_RESOURCES = 200
_READS = ("list", "retrieve")


@dataclass(frozen=True)
class PublishedResource:
    """A resource to adopt: the names of the published schemas of what is shown, created and patched; its operations.

    A schema is None where the document has none of its own for that.
    """

    name: str
    path: str
    shown: str
    created: str | None
    patched: str | None
    operations: tuple[str, ...]


def find_resources(document: PublishedDocument, names: SchemaNames, report: Report) -> list[PublishedResource]:
    """The resources in the order of their paths; what is none of theirs is reported."""
    collections: dict[str, dict[str, PublishedOperation]] = {}
    for path in document.paths:
        if _STANDARD.fullmatch(path):
            continue
        place = pointer("paths", path)
        if path.startswith("x-"):
            continue
        if (match := _COLLECTION.fullmatch(path)) or (match := _MEMBER.fullmatch(path)):
            _sort_operations(document, path, match[1], collections.setdefault(match[1], {}), report)
        elif path.count("{") > 1 or re.search(r"\}/.", path):
            report.add(place, "is a resource within another one", "a collection of its own, or code that serves it")
        else:
            report.add(place, "is no collection and no resource of one", "a path such as /thing or /thing/{id}")
    if len(collections) > MOST_RESOURCES:
        note = Note("#/paths", f"have {len(collections)} collections", f"at most {MOST_RESOURCES}")
        raise AdoptionError(note)
    made = [_resource(document, names, segment, offered, report) for segment, offered in collections.items()]
    return [resource for resource in made if resource]


def _sort_operations(
    document: PublishedDocument, path: str, segment: str, offered: dict[str, PublishedOperation], report: Report
) -> None:
    """Put the operations of a path among those of its collection, by the names of the standard ones."""
    is_collection = _COLLECTION.fullmatch(path)
    standard = {
        method: name for name, (template, method) in OPERATIONS.items() if ("{{" in template) == (is_collection is None)
    }
    for method, operation in document.operations(path).items():
        place = pointer("paths", path, method)
        if method in standard:
            offered[standard[method]] = operation
        elif method == "put":
            report.add(place, "replaces a resource, which TMF630 does not have", "PATCH, which is offered in its place")
        else:
            report.add(place, f"is no standard operation of {segment}", "one of " + ", ".join(OPERATIONS))


def _resource(
    document: PublishedDocument,
    names: SchemaNames,
    segment: str,
    offered: Mapping[str, PublishedOperation],
    report: Report,
) -> PublishedResource | None:
    name, path = segment[:1].upper() + segment[1:], f"/{segment}"
    place = pointer("paths", path)
    wrong = _unfitness(segment, name, offered)
    shown = None if wrong else _shown_schema(document, names, name, offered)
    if not wrong and shown is None:
        wrong = ("answers with no schema of one class", f"a schema {name} that says what a resource of it is")
    elif shown and not _is_object(document, names, shown):
        wrong = (f"answers with {shown}, which is no object", "an object")
    if wrong or not shown:
        if wrong and offered:
            report.add(place, *wrong)
        return None
    if shown != name:
        report.add(place, f"answers with {shown}, which here is called {name}", f"a look at what {name} shows")
    bodies = {each: _body_schema(document, names, offered, each, place, report) for each in ("create", "patch")}
    operations = tuple(each for each in OPERATIONS if each in offered)
    return PublishedResource(name, path, shown, bodies["create"], bodies["patch"], operations)


def _unfitness(segment: str, name: str, offered: Mapping[str, PublishedOperation]) -> tuple[str, str] | None:
    """Why this is no resource, and what would be right."""
    if name in UNDECLARED or name in STANDARD:
        return f"is {name}, of which the server has its own", "another name for what is none of that"
    if lower_camel(name) != segment:
        return "begins with a capital", f"/{lower_camel(name)}"
    if not any(each in offered for each in _READS):
        return "is a task: nothing of it can be read", "code that does what it asks for"
    return None


def _shown_schema(
    document: PublishedDocument, names: SchemaNames, name: str, offered: Mapping[str, PublishedOperation]
) -> str | None:
    """The name of the schema of a resource: that of its class, else that of its answers."""
    if name in document.schemas:
        return name
    for each in ("create", "retrieve", "patch", "list"):
        answer = offered[each].answer if each in offered else None
        if answer and answer.get("type") == "array" and isinstance(answer.get("items"), Mapping):
            answer = answer["items"]
        if answer and "$ref" in answer:
            return names.schema_name(str(answer["$ref"]), pointer("paths", f"/{lower_camel(name)}"))
    return None


def _body_schema(
    document: PublishedDocument,
    names: SchemaNames,
    offered: Mapping[str, PublishedOperation],
    operation: str,
    place: str,
    report: Report,
) -> str | None:
    """The name of the schema of what a client sends; None where there is none of one object."""
    body = offered[operation].body if operation in offered else None
    if body and "$ref" in body:
        name = names.schema_name(str(body["$ref"]), place)
        if _is_object(document, names, name):
            return name
    if operation in offered:
        report.add(place, f"has no schema of one object for {operation}", "a look at the one made of the answer")
    return None


def _is_object(document: PublishedDocument, names: SchemaNames, name: str) -> bool:
    """Whether a schema is that of an object: it, or something that it is composed of, says so."""
    waiting, seen = [name], {name}
    while waiting:
        schema: Any = document.schemas[waiting.pop()]
        for part in (schema, *(_parts(schema))):
            if isinstance(part, Mapping) and (part.get("type") == "object" or "properties" in part):
                return True
            reference = part.get("$ref") if isinstance(part, Mapping) else None
            if isinstance(reference, str) and (inner := names.schema_name(reference, names.place_of(name))) not in seen:
                seen.add(inner)
                waiting.append(inner)
    return False


def _parts(schema: Any) -> list[Any]:
    parts = schema.get("allOf") if isinstance(schema, Mapping) else None
    return parts if isinstance(parts, list) else []
