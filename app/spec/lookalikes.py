# SPDX-License-Identifier: Apache-2.0
"""Objects that are meant as references and lack a mandatory member: the message says how to write a reference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.domain.json_pointers import Place, pointer, steps, value_at
from app.domain.violations import Violation
from app.errors import shorten
from app.spec.schemas import Schema, Schemas, component_name, discriminator_mapping

_KIND, _REFERRED = "@type", "@referredType"
_REFERENCE = "Ref"
"""The end of the names of classes of references, such as `PartyRef`."""


class Lookalikes:
    """Improves the messages of violations in bodies of one schema of a document."""

    def __init__(self, document: Mapping[str, Any], schema: Schema) -> None:
        self._schemas = Schemas(document)
        self._named: Mapping[str, Schema] = document["components"]["schemas"]
        self._schema = schema

    def explain(self, body: Any, violations: Iterable[Violation]) -> Iterator[Violation]:
        """The violations; where an object seems to be a reference, with messages that say how to write one."""
        for each in violations:
            *above, name = steps(each.place) or ("",)
            value = value_at(body, tuple(above)) if each.lacking and above else None
            explained = self._explain(body, tuple(above), str(name), each) if isinstance(value, Mapping) else []
            yield from explained or [each]

    def _explain(self, body: Any, place: Place, lacking: str, violation: Violation) -> list[Violation]:
        value = value_at(body, place)
        for schema in self._at(body, place):
            if explained := self._of_reference(schema, value, pointer(place), violation):
                return explained
            if lacking == _KIND and _points(value) and (name := _class(schema)):
                return [replace(violation, message=f"{violation.message}, such as '{name}'")]
            if lacking == _REFERRED and _points(value) and (kind := _whole(value)) and kind != _class(schema):
                reason = f"is mandatory: the class of what it refers to, such as '{kind}', which is its {_KIND} now"
                return [replace(violation, message=reason)]
        return []

    def _of_reference(
        self, schema: Schema, value: Mapping[str, Any], place: str, violation: Violation
    ) -> list[Violation]:
        """The violation of an object with an id or href at a place of this schema: how to write a reference."""
        if not _points(value) or _is_reference(value.get(_KIND)):
            return []
        if references := self._references(schema):
            how = f"looks like a reference: send it with {_as(references, value)}"
            if violation.place == f"{place}/{_KIND}":
                return [replace(violation, message=f"{violation.message}: the object {how}")]
            return [Violation(place, how, "", lacking=True)]
        if _whole(value) in ("", _class(schema)) and _REFERRED not in value:
            return []
        for name, inner in self._schemas.properties(schema).items():
            if name not in value and (references := self._references(inner)):
                reason = f"looks like a reference: send it in '{name}', with {_as(references, value)}"
                return [violation, Violation(place, reason, "", lacking=True)]
        return []

    def _references(self, schema: Schema) -> list[str]:
        """The classes of references from which the discriminator of a schema chooses."""
        return [
            name for part in self._schemas.parts(schema) for name in discriminator_mapping(part) if _is_reference(name)
        ]

    def _at(self, body: Any, place: Place) -> list[Schema]:
        """The schemas of the value at a place, for every class that a discriminator above it may choose."""
        schemas = [self._schema]
        for depth, step in enumerate(place):
            value = value_at(body, place[:depth])
            classes = [inner for schema in schemas for inner in self._classes(schema, value)]
            schemas = [inner for schema in classes if (inner := self._within(schema, step)) is not None]
        return schemas

    def _classes(self, schema: Schema, value: Any) -> Iterator[Schema]:
        yield schema
        kind = value.get(_KIND) if isinstance(value, Mapping) else None
        for part in self._schemas.parts(schema):
            if isinstance(kind, str) and (reference := discriminator_mapping(part).get(kind)):
                yield self._named[component_name({"$ref": reference})]

    def _within(self, schema: Schema, step: str | int) -> Schema | None:
        if isinstance(step, int):
            return next((part["items"] for part in self._schemas.parts(schema) if "items" in part), None)
        return self._schemas.properties(schema).get(step)


def _points(value: Mapping[str, Any]) -> bool:
    return any(isinstance(value.get(name), str) and value[name] for name in ("id", "href", _REFERRED))


def _is_reference(name: object) -> bool:
    return isinstance(name, str) and name.endswith(_REFERENCE)


def _class(schema: Schema) -> str:
    """The class that a component describes, whichever view of it this is; empty for what is no component."""
    return component_name(schema).partition("_")[0] if "$ref" in schema else ""


def _whole(value: Mapping[str, Any]) -> str:
    """The class that the `@type` of an object names; empty if it is a class of references."""
    kind = value.get(_KIND)
    return shorten(kind, 60) if isinstance(kind, str) and not _is_reference(kind) else ""


def _as(references: Iterable[str], value: Mapping[str, Any]) -> str:
    """How to write a reference to the resource that `value` names, in words."""
    kinds = " or ".join(f"'{name}'" for name in dict.fromkeys(references))
    kind, referred_type = _whole(value), value.get(_REFERRED)
    if isinstance(referred_type, str) and referred_type:
        return f"{_KIND} {kinds}"
    to = f"'{kind}', or all that is mandatory for a whole one" if kind else "the class of what it refers to"
    return f"{_KIND} {kinds} and {_REFERRED} {to}"
