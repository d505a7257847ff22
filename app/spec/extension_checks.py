# SPDX-License-Identifier: Apache-2.0
"""Validates objects of registered classes (extensions), wherever they are in a body, by their JSON Schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from app.domain.json_pointers import Place, objects, pointer
from app.domain.violations import Finds, Violation, describe_value
from app.errors import StartError, shorten
from app.spec.extensions import Extension, Extensions
from app.spec.schema_digest import schema_digest
from app.spec.wording import violation


class ExtensionChecks:
    """The checks of all registered classes, for bodies of any resource."""

    def __init__(self, extensions: Extensions) -> None:
        """Raises `StartError` for a schema that cannot be compiled."""
        self.extensions = extensions
        registry = jsonschema_rs.Registry([(each.uri, each.schema) for each in extensions])
        self._compiled = {each.name: _compile(each, registry) for each in extensions}
        self.digest = schema_digest(*([each.name, each.base, each.location, each.schema] for each in extensions))
        """Tells these classes and their schemas from others: see `schema_digest`."""

    def of(self, resource: str) -> list[Finds]:
        """The checks of the bodies of one resource; empty where no class is registered, so that no body is walked."""
        return [_InBodies(resource, self.extensions, self._compiled)] if self._compiled else []


class _InBodies:
    """The check of the objects of registered classes in the bodies of one resource (`Finds`)."""

    concerns = None

    def __init__(self, resource: str, extensions: Extensions, compiled: Mapping[str, jsonschema_rs.Validator]) -> None:
        self._resource = resource
        self._extensions = extensions
        self._compiled = compiled

    def violations(self, body: Any) -> Iterator[Violation]:
        """Every violation in the body; only one when its own class extends another resource."""
        misplaced = self._collection_violation(body)
        if misplaced is not None:
            yield misplaced
            return
        for place, members in objects(body):
            yield from self._within(place, members)

    def _collection_violation(self, body: Any) -> Violation | None:
        name = body.get("@type") if isinstance(body, Mapping) else None
        lineage = self._extensions.lineage(name)
        if not lineage or self._extensions.is_of(lineage[0], self._resource):
            return None
        reason = (
            f"'{shorten(name, 60)}' is a class of {lineage[-1].base} and does not belong into this collection;"
            f" send '{self._resource}' or a class of it"
        )
        return Violation("/@type", reason, rule=f"collection of {self._resource}")

    def _within(self, place: Place, members: Mapping[str, Any]) -> Iterator[Violation]:
        lineage = self._extensions.lineage(members.get("@type"))
        yield from self._location_violations(place, members, lineage[0] if lineage else None)
        if lineage:
            yield from _base_violations(place, members, lineage[0])
        for extension in lineage:
            for error in self._compiled[extension.name].iter_errors(members):
                yield violation(error, place, extension.name)

    def _location_violations(
        self, place: Place, members: Mapping[str, Any], own: Extension | None
    ) -> Iterator[Violation]:
        """The violation of a `@schemaLocation` that is not that of the object's class, or is that of another one."""
        location = members.get("@schemaLocation")
        there = self._extensions.at(location)
        if location is None or there is own is not None:
            return
        if own is not None and own.location is not None:
            reason = f"must be {own.location} where @type is '{own.name}', not {shorten(describe_value(location), 100)}"
            yield Violation(pointer((*place, "@schemaLocation")), reason, rule=f"location {location}")
        elif there is not None:
            reason = f"is that of '{there.name}': send that as @type, or no @schemaLocation"
            yield Violation(pointer((*place, "@schemaLocation")), reason, rule=f"location of {there.name}")


def _base_violations(place: Place, members: Mapping[str, Any], own: Extension) -> Iterator[Violation]:
    base = members.get("@baseType")
    if base not in (None, own.base):
        told = f"must be '{own.base}', which '{own.name}' extends, not {shorten(describe_value(base), 60)}"
        yield Violation(pointer((*place, "@baseType")), told, rule=f"base {base}")


def _compile(extension: Extension, registry: jsonschema_rs.Registry) -> jsonschema_rs.Validator:
    try:
        compiled: jsonschema_rs.Validator = jsonschema_rs.validator_for(
            extension.schema, registry=registry, validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ValidationError) as wrong:
        raise StartError(f"{extension.source}: cannot be compiled: {shorten(wrong)}") from None
    return compiled
