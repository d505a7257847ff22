# SPDX-License-Identifier: Apache-2.0
"""Extensions (TMF630 part 2): the classes that a deployment registers beside those of the documents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from app.spec.schemas import PREFIX, Schema, discriminator_mapping


@dataclass(frozen=True)
class Extension:
    """A registered class: `schema` is that of the objects whose `@type` is `name`; `base` is the class it extends.

    `location` is what their `@schemaLocation` carries, None for any; `uri` names the schema among all registered
    ones, `source` the file that it is from. `components` declare the attributes as a document would, the class itself
    under its name.
    """

    name: str
    base: str
    location: str | None
    uri: str
    schema: dict[str, Any]
    source: str
    components: Mapping[str, Schema]


class Extensions:
    """All registered classes, and the documents extended by them. Changes no document that it is given."""

    def __init__(self, registered: Iterable[Extension] = (), parents: Mapping[str, str] | None = None) -> None:
        """`parents` are the base classes of classes of the documents, by the names of the latter."""
        self._registered = {extension.name: extension for extension in registered}
        self._by_location = {each.location: each for each in self._registered.values() if each.location}
        self._parents = parents or {}

    def __iter__(self) -> Iterator[Extension]:
        return iter(self._registered.values())

    def lineage(self, name: object) -> Sequence[Extension]:
        """The registered class of this name and those that it extends, itself first; empty for any other name."""
        ancestors: list[Extension] = []
        extension = self._registered.get(name) if isinstance(name, str) else None
        while extension is not None and extension not in ancestors:
            ancestors.append(extension)
            extension = self._registered.get(extension.base)
        return ancestors

    def root(self, extension: Extension) -> str:
        """The class of the documents that an extension extends, directly or by way of other extensions."""
        return self.lineage(extension.name)[-1].base

    def class_in(self, document: Schema, extension: Extension) -> str:
        """The class of `root`, or its nearest base class that `document` has: versions differ in their classes."""
        name = self.root(extension)
        while name not in document["components"]["schemas"] and name in self._parents:
            name = self._parents[name]
        return name

    def is_of(self, extension: Extension, name: str) -> bool:
        """Whether an extension extends the class `name` of the documents, or one that is composed of it."""
        base: str | None = self.root(extension)
        while base is not None and base != name:
            base = self._parents.get(base)
        return base == name

    def class_members(self) -> dict[str, dict[str, str]]:
        """The `@baseType` and `@schemaLocation` that objects of a registered class have, by its name."""
        return {
            each.name: {"@baseType": each.base} | ({"@schemaLocation": each.location} if each.location else {})
            for each in self
        }

    def at(self, location: object) -> Extension | None:
        """The registered class whose schema a `@schemaLocation` names."""
        return self._by_location.get(bare(location)) if isinstance(location, str) else None

    def only(self, kept: Iterable[Extension]) -> "Extensions":
        """A copy with the extensions `kept` alone."""
        return Extensions(kept, self._parents)

    def extend_discriminators(self, document: Schema) -> Schema:
        """A bundled document whose discriminators map the names of extensions to the class that they extend.

        So objects of an extension are checked against the class that it extends.
        """
        return self._extend(document, {})

    def extend_attributes(self, document: Schema) -> Schema:
        """A bundled document that declares the attributes of each extension wherever the class it extends may stand.

        It is for reading attributes only.
        """
        return self._extend(document, dict(chain.from_iterable(each.components.items() for each in self)))

    def _extend(self, document: Schema, components: Mapping[str, Schema]) -> Schema:
        schemas = {**document["components"]["schemas"], **components}
        for extension in self:
            root, own = self.class_in(document, extension), extension.name in components
            for name, schema in schemas.items():
                by_name = discriminator_mapping(schema)
                if root in by_name or (own and name == root):
                    target = PREFIX + extension.name if own else by_name[root]
                    schemas[name] = _choosing(schema, {**by_name, extension.name: target})
        return {**document, "components": {**document["components"], "schemas": schemas}}


def bare(location: str) -> str:
    """A URI of a schema without an empty fragment, which adds nothing."""
    return location.removesuffix("#")


def _choosing(schema: Schema, mapping: Mapping[str, str]) -> Schema:
    discriminator = {"propertyName": "@type", **schema.get("discriminator", {}), "mapping": mapping}
    return {**schema, "discriminator": discriminator}
