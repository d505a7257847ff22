# SPDX-License-Identifier: Apache-2.0
"""Resources within others (`x-parent`): their paths, such as `/processFlow/{processFlowId}/taskFlow/{id}`."""

from collections.abc import Mapping
from typing import Any

from app.domain.events import lower_camel
from app.errors import StartError

PARENT = "x-parent"
"""Our keyword below `x-tmf-resources`: the resource of the same document within which this one is."""


def parent_parameter(parent: str) -> str:
    """What a path calls the id of the parent: `processFlowId`."""
    return f"{lower_camel(parent)}Id"


def collection_path(resource: str, declared: Mapping[str, Any]) -> str:
    """The path of a resource's collection below the base path, as a document with these `x-tmf-resources` has it."""
    own = f"/{lower_camel(resource)}"
    parent = declared.get(resource, {}).get(PARENT)
    return f"/{lower_camel(parent)}/{{{parent_parameter(parent)}}}{own}" if parent else own


def nested_paths(paths: Mapping[str, Any], resource: str, parent: str) -> dict[str, Any]:
    """The standard `paths` of a resource, moved below its parent; the hub stays where it is."""
    own = f"/{lower_camel(resource)}"
    below = collection_path(resource, {resource: {PARENT: parent}})
    moved = {path: path.replace(own, below, 1) for path in (own, f"{own}/{{id}}")}
    return {moved.get(path, path): _within(item, parent) if path in moved else item for path, item in paths.items()}


def refuse_wrong_parents(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` name a parent that cannot be one."""
    for resource, declaration in declared.items():
        parent, place = declaration.get(PARENT), f"x-tmf-resources.{resource}.{PARENT}"
        if parent is None:
            continue
        others = [name for name in declared if name != resource and PARENT not in declared[name]]
        if parent not in others:
            expected = f"one of {', '.join(others)}" if others else "one that is declared beside it"
            raise StartError(f"{place}: '{parent}' is no resource that is within none itself; name {expected}")


def _within(item: Mapping[str, Any], parent: str) -> dict[str, Any]:
    parameter = {
        "name": parent_parameter(parent),
        "in": "path",
        "required": True,
        "description": f"Identifier of the {parent} that it is within.",
        "schema": {"type": "string"},
    }
    return {**item, "parameters": [parameter, *item.get("parameters", ())]}
