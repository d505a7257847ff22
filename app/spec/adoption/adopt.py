# SPDX-License-Identifier: Apache-2.0
"""Adopts a published document (Swagger 2.0, OpenAPI 3.0): facts, and proposals for what it does not say."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.events import lower_camel
from app.errors import StartError
from app.spec.adoption.proposals import propose_declaration
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.published_file import read_published
from app.spec.adoption.reachable_schemas import reachable_names
from app.spec.adoption.report import AdoptionError, Note, Report, pointer
from app.spec.adoption.resources import PublishedResource, find_resources
from app.spec.adoption.schema_facts import SchemaFacts
from app.spec.adoption.schema_walk import SchemaNames, refuse_circles
from app.spec.adoption.standard_names import StandardNames, rename_components
from app.spec.adoption.unsupported_paths import unsupported_paths
from app.spec.adoption.views import Views, add_views
from app.spec.adoption.writing import yaml_text
from app.spec.bundle import bundle
from app.spec.declarations import declarations, undeclared_attributes
from app.spec.expansion import noun, plural
from app.spec.lint import problems
from app.spec.reach import references
from app.spec.schemas import component_name

_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True)
class Adoption:
    """An adopted document, as the `text` of the file `name` (without suffix), and notes on what to look at."""

    name: str
    text: str
    resources: tuple[str, ...]
    schemas: int
    notes: tuple[Note, ...]


def adopt(path: Path) -> Adoption:
    """The adopted form of a published document. Raises `AdoptionError` with all reasons against it."""
    document = PublishedDocument(read_published(path), path.name)
    report = Report()
    names = SchemaNames(document)
    resources = find_resources(document, names, report)
    if not resources:
        note = Note("#/paths", "have no resource that the standard operations fit", "a collection that can be read")
        raise AdoptionError(*report.notes, note)
    components, views = _components(document, names, resources, report)
    declared = {
        each.shown: propose_declaration(components, each, resource, report)
        for resource, each in zip(resources, views, strict=True)
    }
    adopted = {
        "info": {"title": document.title, "version": document.version, "description": _description(document)},
        "servers": [{"url": _base_path(document, report)}],
        "tags": [_tag(resource.name) for resource in resources],
        "x-tmf-resources": declared,
        **({"paths": beyond} if (beyond := unsupported_paths(document, resources)) else {}),
        "components": {"schemas": _in_order(components, views)},
    }
    name, text = f"{document.name}-v{document.major}", yaml_text(adopted, path.name)
    for line in _problems(name, text):
        report.add("", f"as adopted is not right yet: {line}", "a change of the adopted document by hand")
    return Adoption(name, text, tuple(declared), len(components), tuple(report.notes))


def _components(
    document: PublishedDocument, names: SchemaNames, resources: list[PublishedResource], report: Report
) -> tuple[dict[str, Any], list[Views]]:
    """The schemas that the resources refer to, directly or not, and the views of each resource among them."""
    roots = [name for each in resources for name in (each.shown, each.created, each.patched) if name]
    kept_names = reachable_names(document, names, roots)
    refuse_circles(document, names, kept_names)
    standard = StandardNames(document.major)
    facts = SchemaFacts(
        document, names, kept_names, standard.new_names(kept_names, [each.name for each in resources]), report
    )
    local = {name: facts.local_name(name) for name in kept_names}
    views = [add_views(facts.components, each, local, document.major, report) for each in resources]
    used = _used_components(facts.components, views)
    own = {name for each in views for name in (each.shown, each.new, each.change, each.whole)}
    renamed = standard.replace(used, own)
    for name, other in renamed.items():
        report.add(pointer(*document.place, name), f"is called {other} here", "nothing: errors keep the standard one")
    return rename_components(used, renamed), views


def _used_components(components: dict[str, Any], views: list[Views]) -> dict[str, Any]:
    """The components that the views refer to, directly or not: a published schema may be renamed as a view."""
    roots = [name for each in views for name in (each.shown, each.new, each.change, each.whole) if name]
    used, waiting = set(roots), list(roots)
    while waiting:
        inner = {component_name({"$ref": reference}) for reference in references(components[waiting.pop()])}
        waiting.extend(inner - used)
        used |= inner
    return {name: schema for name, schema in components.items() if name in used}


def _in_order(components: dict[str, Any], views: list[Views]) -> dict[str, Any]:
    """The views of each resource first, then the rest by name."""
    first = [name for each in views for name in (each.shown, each.new, each.change, each.whole) if name]
    return {name: components[name] for name in dict.fromkeys([*first, *sorted(components)])}


def _description(document: PublishedDocument) -> str:
    return f"Adopted from TM Forum's {document.number or 'document'}, version {document.version}."


def _base_path(document: PublishedDocument, report: Report) -> str:
    proposed = f"/tmf-api/{document.name}/v{document.major}"
    place = "#/basePath" if document.is_swagger else "#/servers"
    base_path = document.base_path
    if not base_path:
        return proposed
    base_path = base_path if base_path.startswith("/") else f"/{base_path}"
    if not _BASE_PATH.fullmatch(base_path):
        report.add(place, f"is {base_path[:60]!r}, which is no path", f"a path; {proposed} is proposed")
        return proposed
    if not base_path.startswith("/tmf-api/"):
        report.add(place, f"is {base_path}, which may be another API's", f"a path of its own, such as {proposed}")
    return base_path


def _tag(resource: str) -> dict[str, str]:
    words = plural(noun(resource))
    return {"name": lower_camel(resource), "description": f"{words[:1].upper()}{words[1:]}."}


def _problems(name: str, text: str) -> list[str]:
    """The problems that the lint, and a server at its start, would report of the document."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
        try:
            document = bundle(name, Path(folder))
            declared = declarations(document, name)
        except StartError as wrong:
            return [str(wrong)]
    undeclared = list(undeclared_attributes(document, declared))
    return problems(document) + undeclared
