# SPDX-License-Identifier: Apache-2.0
"""Removal by `null` (RFC 7396): makes members `nullable` in the schemas of merge patches, where they may be removed.

These schemas are composed of schemas that others are composed of, too. So each of the latter gets a variant beside it,
named after the patch: `Individual_base_MVO`. Mandatory members are not nullable. Objects within objects are patched
alike; an array replaces the whole array, so nothing within it is nullable.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.media_types import MERGE
from app.domain.rules import IDENTITY, STATUS
from app.spec.operations import is_supported, operations
from app.spec.schemas import PREFIX, Schema, Schemas, component_name, discriminator_mapping

_SUFFIXES = ("_MVO", "_Update")


def permit_nulls(document: dict[str, Any]) -> None:
    """Make the members that `null` removes `nullable` in the schemas of merge patches. Changes `document`."""
    bodies = {
        resource: name
        for resource in document["x-tmf-resources"]
        if (name := merge_patch_schema(document, resource)) is not None
    }
    if not bodies:
        return
    suffix = next(suffix for suffix in _SUFFIXES if all(name.endswith(suffix) for name in bodies.values()))
    patches = _Patches(document["components"]["schemas"], Schemas(document), suffix)
    for resource, name in bodies.items():
        patches.visit(name, lasting(document, resource))
    patches.write()


def lasting(document: Schema, resource: str) -> frozenset[str]:
    """The members of `resource` that null does not remove: mandatory ones, its identity and its state.

    A schema says `nullable: false` of further ones.
    """
    declared = document["x-tmf-resources"][resource]
    state = [declared["x-lifecycle"].get("field", STATUS)] if "x-lifecycle" in declared else []
    return Schemas(document).required_members(operations(document, resource).whole).union(IDENTITY, state)


def merge_patch_schema(document: Schema, resource: str) -> str | None:
    """The name of the schema of the merge patches of `resource` in a bundled document; None if it takes none."""
    patches = (
        item["patch"]["requestBody"]["content"].get(MERGE)
        for item in document.get("paths", {}).values()
        if item.get("x-tmf-resource") == resource and is_supported(item.get("patch"))
    )
    return next((component_name(patch["schema"]) for patch in patches if patch), None)


class _Patches:
    """The schemas of the merge patches: collects what each may not lose (`visit`), then writes them (`write`)."""

    def __init__(self, schemas: dict[str, Any], reader: Schemas, suffix: str) -> None:
        self._schemas, self._known, self._suffix = schemas, reader, suffix
        self._demanded: dict[str, frozenset[str]] = {}

    def visit(self, name: str, demanded: frozenset[str]) -> None:
        """Note that a patch has the members of the schema `name`, of which those `demanded` may not be removed."""
        waiting = [(name, demanded)]
        while waiting:  # Objects may contain each other in long chains, so no recursion.
            name, demanded = waiting.pop()
            before = self._demanded.get(name)
            if before is None or not demanded <= before:
                self._demanded[name] = demanded | (before or frozenset())
                for part in self._parts(self._schemas[name]):
                    waiting.extend(self._within(part, self._demanded[name]))

    def _within(self, part: Schema, demanded: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """The schemas of the objects within a part of a patch, each with its mandatory members."""
        if "$ref" in part:
            yield component_name(part), demanded
            return
        for inner in part.get("properties", {}).values():
            if self._is_object(inner):
                nested = component_name(inner)
                yield nested, self._known.required_members({"$ref": PREFIX + self._response_schema(nested)})

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """The schema itself and the parts of which it says that it is composed."""
        yield schema
        for part in schema.get("allOf", ()):
            yield from [part] if "$ref" in part else self._parts(part)

    def write(self) -> None:
        """Replace each visited schema by its form in a patch, or put a variant beside it if others use it."""
        self._schemas.update(
            {self._variant(name): self._nullable(self._schemas[name], but) for name, but in self._demanded.items()}
        )

    def _nullable(self, schema: Schema, but: frozenset[str]) -> dict[str, Any]:
        if "$ref" in schema:
            return {"$ref": PREFIX + self._variant(component_name(schema))}
        kept = {keyword: inner for keyword, inner in schema.items() if keyword != "required"}
        if "properties" in schema:
            kept["properties"] = {
                name: self._member(inner, removable=name not in but) for name, inner in schema["properties"].items()
            }
        if "allOf" in schema:
            kept["allOf"] = [self._nullable(part, but) for part in schema["allOf"]]
        return kept

    def _member(self, schema: Schema, removable: bool) -> dict[str, Any]:
        if not self._is_object(schema):
            return _or_null(schema) if removable else dict(schema)
        name = self._variant(component_name(schema))
        # Generators take `allOf` of one schema for that schema, which a variant is not.
        composed: dict[str, Any] = {"allOf" if name == component_name(schema) else "anyOf": [{"$ref": PREFIX + name}]}
        return {**composed, "nullable": True} if removable else composed

    def _is_object(self, schema: Schema) -> bool:
        """Whether a member is an object of one class, whose own members a patch may name."""
        if "$ref" not in schema:
            return False
        parts = list(self._known.parts(schema))
        return any("properties" in part for part in parts) and not any(discriminator_mapping(part) for part in parts)

    def _variant(self, name: str) -> str:
        return name if name.endswith(self._suffix) else name + self._suffix

    def _response_schema(self, name: str) -> str:
        """The name of the schema of an object of this class in an answer, to which the result of a patch is held."""
        shown = name.removesuffix(self._suffix)
        return shown if shown in self._schemas else name


def _or_null(schema: Schema) -> dict[str, Any]:
    if "$ref" in schema:
        return {"allOf": [dict(schema)], "nullable": True}
    if "nullable" in schema or not {"type", "allOf", "anyOf", "oneOf", "enum"} & schema.keys():
        return dict(schema)  # The schema says `nullable` itself, or takes any value, null too.
    listed: Mapping[str, Any] = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **listed, "nullable": True}
