# SPDX-License-Identifier: Apache-2.0
"""Walks through published schemas: subschemas, references, and the check that composition has no circles."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.spec.adoption.published_document import PublishedDocument, dangling, external
from app.spec.adoption.report import AdoptionError, Note, pointer

Node = Mapping[str, Any]

COMPOSING = ("allOf", "oneOf", "anyOf")
MOST_COMPOSED = 50
"""Levels of composition of a schema at most."""
MOST_PARTS = 2000
"""Parts of a schema at most, with the parts of its parts."""


def subschemas(schema: Any, place: str) -> Iterator[tuple[str, Any, bool]]:
    """(place, schema, whether it is of the same value) for each schema that stands directly in another."""
    if not isinstance(schema, Mapping) or "$ref" in schema:
        return
    for keyword in COMPOSING:
        parts = schema.get(keyword)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            yield f"{place}/{keyword}/{index}", part, True
    if "not" in schema:
        yield f"{place}/not", schema["not"], True
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        yield place + pointer("properties", name)[1:], inner, False
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), Mapping):
            yield f"{place}/{keyword}", schema[keyword], False


def references(schema: Any, place: str, *, same_value: bool = False) -> Iterator[tuple[str, str]]:
    """(place, reference) for each reference in a schema; with `same_value` only to schemas that it is composed of."""
    waiting = [(place, schema)]
    while waiting:
        place, schema = waiting.pop()
        if not isinstance(schema, Mapping):
            continue
        if "$ref" in schema:
            yield place, str(schema["$ref"])
        elif not same_value:
            yield from _mapping_references(schema, place)
        within = [(at, inner) for at, inner, same in subschemas(schema, place) if same or not same_value]
        waiting.extend(reversed(within))


def _mapping_references(schema: Node, place: str) -> Iterator[tuple[str, str]]:
    discriminator = schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    for kind, target in mapping.items() if isinstance(mapping, Mapping) else ():
        yield f"{place}/discriminator/mapping/{kind}", str(target)


class SchemaNames:
    """The names of schemas in references of a document. Raises `AdoptionError` for one that names no schema."""

    def __init__(self, document: PublishedDocument) -> None:
        self._document = document
        self._prefix = pointer(*document.place) + "/"

    def schema_name(self, reference: str, place: str) -> str:
        """The name of the schema in a reference, as the document has it."""
        name = reference.removeprefix(self._prefix).replace("~1", "/").replace("~0", "~")
        if name in self._document.schemas and (reference.startswith(self._prefix) or "/mapping/" in place):
            return name
        if not reference.startswith("#"):
            raise AdoptionError(external(place, reference))
        if "/" in reference.removeprefix(self._prefix) and name.partition("/")[0] in self._document.schemas:
            raise AdoptionError(Note(place, f"refers to {reference!r}, a part of a schema", "a schema with a name"))
        raise AdoptionError(dangling(place, reference))

    def place_of(self, name: str) -> str:
        """The place of the schema of this name."""
        return pointer(*self._document.place, name)

    def names_in(self, schema: Any, place: str, *, same_value: bool = False) -> Iterator[str]:
        """The names of the schemas to which a schema refers."""
        for at, reference in references(schema, place, same_value=same_value):
            yield self.schema_name(reference, at)


def refuse_circles(document: PublishedDocument, names: SchemaNames, kept_names: list[str]) -> None:
    """Raise `AdoptionError` for a schema, among those `kept_names`, that is composed of itself, or of too much."""
    extents: dict[str, tuple[int, int]] = {}
    for start in kept_names:
        path: dict[str, list[str]] = {}
        waiting = [(start, False)]
        while waiting:
            name, is_done = waiting.pop()
            if is_done:
                extents[name] = _extent(names.place_of(name), [extents[part] for part in path.pop(name)])
            elif name in path:
                circle = " → ".join([*list(path)[list(path).index(name) :], name])
                raise AdoptionError(Note(names.place_of(name), f"is composed of itself: {circle}", "no circle"))
            elif name not in extents:
                path[name] = list(names.names_in(document.schemas[name], names.place_of(name), same_value=True))
                waiting.append((name, True))
                waiting.extend((part, False) for part in reversed(path[name]))


def _extent(place: str, parts: list[tuple[int, int]]) -> tuple[int, int]:
    """The levels of composition of a schema, and the number of its parts."""
    depth, total = 1 + max((deep for deep, _ in parts), default=0), 1 + sum(many for _, many in parts)
    if depth > MOST_COMPOSED or total > MOST_PARTS:
        reason = f"is composed of {total} schemas, {depth} in a row"
        raise AdoptionError(Note(place, reason, f"at most {MOST_PARTS}, and {MOST_COMPOSED} in a row"))
    return depth, total
