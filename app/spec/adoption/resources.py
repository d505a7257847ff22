# SPDX-License-Identifier: Apache-2.0
"""Finds the resources of a published document: collections with standard operations (TMF630)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain.events import lower_camel
from app.spec.adoption.published_collections import Collection, Offered, find_collections, paths_of
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.report import Report, pointer
from app.spec.adoption.schema_walk import SchemaNames
from app.spec.adoption.standard_names import STANDARD
from app.spec.lint import UNDECLARED
from app.spec.operations import OPERATIONS

_READS = ("list", "retrieve")


@dataclass(frozen=True)
class PublishedResource:
    """A resource to adopt: the names of the published schemas of what is shown, created and patched; its operations.

    A schema is None where the document has none of its own for that. `parent` is the resource that it is within.
    """

    name: str
    shown: str
    created: str | None
    patched: str | None
    operations: tuple[str, ...]
    parent: str = ""


def find_resources(document: PublishedDocument, names: SchemaNames, report: Report) -> list[PublishedResource]:
    """The resources in the order of their paths, those within others last; what is none of theirs is reported."""
    collections = find_collections(document, report)
    made: dict[str, PublishedResource] = {}
    for collection in sorted(collections, key=lambda each: bool(each.parent)):
        if wrong := _unfit_parent(collection, made):
            for path in paths_of(document, collection):
                report.add(pointer("paths", path), *wrong)
        elif resource := _resource(document, names, collection, collections[collection], report):
            parent = made[collection.parent].name if collection.parent else ""
            made[collection.segment] = replace(resource, parent=parent)
    return list(made.values())


def _unfit_parent(collection: Collection, made: Mapping[str, PublishedResource]) -> tuple[str, str] | None:
    """Why a collection cannot be within its parent, and what would be right."""
    if not collection.parent:
        return None
    if collection.segment in made:
        return "is within another resource, and elsewhere, too", "one place for each resource"
    if collection.parent not in made or made[collection.parent].parent:
        return f"is within {collection.parent}, which is not adopted as a collection", "a parent that is"
    return None


def _resource(
    document: PublishedDocument,
    names: SchemaNames,
    collection: Collection,
    offered: Offered,
    report: Report,
) -> PublishedResource | None:
    segment = collection.segment
    name = segment[:1].upper() + segment[1:]
    # Within another resource its first path tells what that calls the parent's id.
    place = pointer("paths", next(paths_of(document, collection)) if collection.parent else f"/{segment}")
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
    if not any(each in offered for each in _READS):
        told = "is a task, and nothing computes its result"
        report.add(pointer(*document.place, shown), told, "an x-hook, or x-created")
    bodies = {each: _body_schema(document, names, offered, each, place, report) for each in ("create", "patch")}
    operations = tuple(each for each in OPERATIONS if each in offered)
    return PublishedResource(name, shown, bodies["create"], bodies["patch"], operations)


def _unfitness(segment: str, name: str, offered: Offered) -> tuple[str, str] | None:
    """Why this is no resource, and what would be right."""
    if name in UNDECLARED or name in STANDARD:
        return f"is {name}, of which the server has its own", "another name for what is none of that"
    if lower_camel(name) != segment:
        return "begins with a capital", f"/{lower_camel(name)}"
    if not any(each in offered for each in (*_READS, "create")):
        return "is neither created nor read", "an operation that does one of both"
    return None


def _shown_schema(document: PublishedDocument, names: SchemaNames, name: str, offered: Offered) -> str | None:
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
    offered: Offered,
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
