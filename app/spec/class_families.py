# SPDX-License-Identifier: Apache-2.0
"""Families of classes: which `@type`s the body of a resource may not have, as its API uses them for something else."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.spec.schemas import component_name, discriminator_mapping

_UNIONS = ("anyOf", "oneOf")


def foreign_classes(documents: Iterable[Mapping[str, Any]], resource: str, resources: Iterable[str]) -> frozenset[str]:
    """The names of the classes in the bundled `documents` of an API that are not of the family of `resource`.

    The family: classes that it is composed of, that are composed of it, and that the discriminator of a base class of
    it maps; not the other `resources` of the API. An unknown name is a class of an extension, and not foreign.
    """
    known_names: set[str] = set()
    family = {resource}
    for document in documents:
        schemas = document["components"]["schemas"]
        known_names |= schemas.keys()
        parts = {name: _parts(schemas, name, set()) for name in schemas}
        family |= parts.get(resource, set())
        family |= {name for name, composed in parts.items() if resource in composed}
        for name, schema in schemas.items():
            classes = discriminator_mapping(schema)
            if resource in classes and not any(union in schema for union in _UNIONS):
                family |= {name, *classes}
    return frozenset((known_names - family) | (set(resources) - {resource}))


def _parts(schemas: Mapping[str, Any], name: str, seen: set[str]) -> set[str]:
    """The names of the component schemas that one is composed of, at any depth; adds them to those `seen`."""
    waiting = [schemas[name]]
    while waiting:
        for part in waiting.pop().get("allOf", ()):
            if "$ref" not in part:
                waiting.append(part)
            elif (inner := component_name(part)) not in seen:
                seen.add(inner)
                waiting.append(schemas[inner])
    return seen
