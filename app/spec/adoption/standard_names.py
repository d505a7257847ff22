# SPDX-License-Identifier: Apache-2.0
"""Name clashes between schemas of a published document and those that the bundler adds to every document.

The bundler takes the schemas of the standard operations from `shared/`. A published class of the same name replaces the
shared one (`x-replaces`) where the standard operations remain valid with it. Else it is renamed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.events import KINDS, event_type
from app.spec.bundle import Files
from app.spec.expansion import FOLDER
from app.spec.schemas import PREFIX

Schema = Mapping[str, Any]

STANDARD = (
    "Error", "Event", "Event_base", "BaseEvent", "Hub", "Hub_FVO", "Hub_base", "EventSubscription",
    "EventSubscriptionInput", "Selection",
)  # fmt: skip
"""Classes of which the server makes the objects itself; other schemas of these names are renamed."""


class StandardNames:
    """The schemas that documents of a major version share."""

    def __init__(self, major: str) -> None:
        files = Files()
        self.file = f"{FOLDER}/v{major}.yaml"
        self._common = _schemas(files, f"{FOLDER}/common.yaml")
        self._shared = _schemas(files, self.file)
        self._bases = {base for name in STANDARD if name in self._shared for base in _composed_of(self._shared, name)}

    def new_names(self, names: Iterable[str], resources: Iterable[str]) -> dict[str, str]:
        """The new names of published schemas whose names are those of the server's own classes."""
        events = {event_type(resource, kind) for resource in resources for kind in KINDS}
        taken = {*STANDARD, *self._common, *events, *(f"{event}Payload" for event in events)}
        return {name: f"Published{name}" for name in names if name in taken}

    def replace(self, components: dict[str, Any], views: Iterable[str]) -> dict[str, str]:
        """Mark components that replace the shared ones of the same name; changes them. Returns new names of others.

        A base of errors and registrations may not require more than the shared one does: such a component is renamed,
        unless it is one of the `views` of a resource.
        """
        renamed: dict[str, str] = {}
        for name in sorted(components.keys() & self._shared.keys()):
            if name in self._bases and name not in views and _demands(components, name) - _demands(self._shared, name):
                renamed[name] = f"Published{name}"
            else:
                components[name]["x-replaces"] = self.file
        return renamed


def _schemas(files: Files, file: str) -> Mapping[str, Any]:
    schemas: Mapping[str, Any] = files.content(file, wanted_by="the adoption")["components"]["schemas"]
    return schemas


def _demands(schemas: Mapping[str, Any], name: str) -> set[str]:
    """The members that a schema requires, with those that its parts require."""
    every = [schemas[each] for each in (name, *_composed_of(schemas, name))]
    parts = [part for schema in every for part in (schema, *schema.get("allOf", ()))]
    return {demanded for part in parts for demanded in part.get("required", ())}


def _composed_of(schemas: Mapping[str, Any], name: str) -> set[str]:
    """The names of the schemas that one is composed of, at any depth."""
    composed: set[str] = set()
    waiting = [name]
    while waiting:
        for part in schemas[waiting.pop()].get("allOf", ()):
            inner = str(part.get("$ref", "")).rpartition("/")[2]
            if inner in schemas and inner not in composed:
                composed.add(inner)
                waiting.append(inner)
    return composed


def rename_components(components: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """The components under their new names, and every reference to them, those of discriminators included."""
    if not renamed:
        return components
    references = {PREFIX + old: PREFIX + new for old, new in renamed.items()}
    return {renamed.get(name, name): _rename_node(schema, references) for name, schema in components.items()}


def _rename_node(node: Any, references: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_rename_node(inner, references) for inner in node]
    if isinstance(node, dict):
        return {name: _rename_node(inner, references) for name, inner in node.items()}
    # No other text begins like a reference: descriptions are generated, and no enum has such a text.
    return references.get(node, node) if isinstance(node, str) else node
