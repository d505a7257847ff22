# SPDX-License-Identifier: Apache-2.0
"""Component schemas made of the published ones: their facts, without prose, with a name for each object."""

import re
from collections.abc import Mapping
from typing import Any

from app.spec.adoption.class_names import Subclasses, class_name
from app.spec.adoption.keywords import keyword_facts
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.report import AdoptionError, Note, Report, pointer
from app.spec.adoption.schema_walk import COMPOSING, SchemaNames
from app.spec.expansion import article, noun
from app.spec.schemas import PREFIX

Schema = dict[str, Any]

MOST_CLASSES = 20_000
"""Classes of all discriminators of a document at most, counted together."""
_VIEW_WITHIN = re.compile(r"_(Create|Update|FVO|MVO)(?=[A-Z]|$)")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_NO_ATTRIBUTES = frozenset({"", "allOf", "properties", "x-replaces"})
"""What is no attribute for those who read schemas without knowing where in one they are."""


class SchemaFacts:
    """Collects the component schemas, under the names that they have in the adopted document."""

    def __init__(
        self,
        document: PublishedDocument,
        names: SchemaNames,
        kept_names: list[str],
        renamed: Mapping[str, str],
        report: Report,
    ) -> None:
        """`kept_names` are the published names in their order, `renamed` those that need another name here."""
        self.components: dict[str, Schema] = {}
        self._document, self._names, self._report = document, names, report
        self._subclasses = Subclasses(document, names)
        self._local: dict[str, str] = {}
        self._taken: set[str] = set()
        self._classes = 0
        for name in kept_names:
            self._local[name] = self._unique(renamed.get(name) or _NO_NAME.sub("_", name) or "Schema")
            if self._local[name] != name:
                reason = f"is called {self._local[name]} here"
                report.add(names.place_of(name), reason, "nothing, unless you refer to it by name")
        for name in kept_names:
            self._component(name)

    def local_name(self, name: str) -> str:
        """The name in the adopted document of the published schema of this name."""
        return self._local[name]

    def _unique(self, name: str) -> str:
        number, unique = 2, name
        while unique in self._taken:
            unique, number = f"{name}{number}", number + 1
        self._taken.add(unique)
        return unique

    def _component(self, name: str) -> None:
        local, place = self._local[name], self._names.place_of(name)
        self.components[local] = {}
        made = self._schema(self._document.schemas[name], place, local, name, depth=0)
        if "$ref" in made:
            made = {"allOf": [made]}
        described = {"description": description(class_name(local))}
        self.components[local] = described | made

    def _schema(self, schema: Any, place: str, holder: str, component: str = "", *, depth: int) -> Schema:
        """The facts of a schema that stands within the component `holder`, and is the published one called `component`.

        `depth` is 0 for a component, 1 for a part of one, else 2: an object there becomes a component of its own.
        """
        if not isinstance(schema, Mapping):
            self._report.add(place, "is no schema", "an object; here it takes anything")
            return {}
        if "$ref" in schema:
            return self._reference(schema, place)
        facts = keyword_facts(schema, place, self._report)
        facts |= self._composition(schema, place, holder, depth)
        facts |= self._members(schema, place, holder)
        facts |= self._discriminator(schema, place, component)
        if "discriminator" in facts and "oneOf" in facts:  # See openapi/README.md, "What generated clients need".
            facts["anyOf"] = facts.pop("oneOf") + facts.get("anyOf", [])
        if depth > 1 and "properties" in facts:
            return self._named_component(facts, holder)
        is_alias = depth > 1 and list(facts) == ["allOf"] and len(facts["allOf"]) == 1 and "$ref" in facts["allOf"][0]
        return facts["allOf"][0] if is_alias else facts  # Such an `allOf` only carries a description.

    def _reference(self, schema: Mapping[str, Any], place: str) -> Schema:
        local: Schema = {"$ref": PREFIX + self._local[self._names.schema_name(str(schema["$ref"]), place)]}
        nullable = schema.get("nullable", schema.get("x-nullable"))
        return {"allOf": [local], "nullable": True} if nullable is True else local

    def _composition(self, schema: Mapping[str, Any], place: str, holder: str, depth: int) -> Schema:
        facts: Schema = {}
        for keyword in COMPOSING:
            parts = schema.get(keyword)
            if isinstance(parts, list) and parts:
                inner = 1 if keyword == "allOf" and depth == 0 else 2
                facts[keyword] = [
                    self._schema(part, f"{place}/{keyword}/{index}", f"{holder}Part", depth=inner)
                    for index, part in enumerate(parts)
                ]
        if "not" in schema:
            facts["not"] = self._schema(schema["not"], f"{place}/not", f"{holder}Not", depth=2)
        return facts

    def _members(self, schema: Mapping[str, Any], place: str, holder: str) -> Schema:
        facts: Schema = {}
        properties = schema.get("properties")
        if isinstance(properties, Mapping) and properties:
            facts["properties"] = {
                name.strip(): self._schema(
                    inner, place + pointer("properties", name)[1:], holder + _capital(name), depth=2
                )
                for name, inner in properties.items()
                if self._is_attribute(name, place)
            }
        if schema.get("type", "array" if "items" in schema else "") == "array":
            items = self._schema(schema.get("items", {}), f"{place}/items", f"{holder}Item", depth=2)
            facts |= {"type": "array", "items": items}
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping):
            facts["additionalProperties"] = self._schema(
                more, f"{place}/additionalProperties", f"{holder}Value", depth=2
            )
        elif more is True:
            facts["additionalProperties"] = True
        elif more is False:
            reason = "closes its attributes, and what extends it could not be sent"
            self._report.add(f"{place}/additionalProperties", reason, "nothing: clients may send more than is declared")
        return facts

    def _is_attribute(self, name: str, place: str) -> bool:
        bare, at = name.strip(), place + pointer("properties", name)[1:]
        is_plain = bare not in _NO_ATTRIBUTES and not bare.startswith("$") and bare.isprintable() and len(bare) <= 200
        if not is_plain or "." in bare:
            self._report.add(at, f"cannot be kept: an attribute called {name[:40]!r}", "another name")
            return False
        if bare != name:
            self._report.add(at, "has blanks around its name", f"{bare}, as it is called here")
        return True

    def _discriminator(self, schema: Mapping[str, Any], place: str, component: str) -> Schema:
        """The attribute that names a class, and the classes to choose from; nothing where there is but one."""
        discriminator = schema.get("discriminator")
        if discriminator is None:
            return {}
        named = discriminator.get("propertyName") if isinstance(discriminator, Mapping) else discriminator
        if not isinstance(named, str) or not named:
            self._report.add(f"{place}/discriminator", "names no attribute", "the attribute that names the class")
            return {}
        classes = self._class_references(schema, discriminator, f"{place}/discriminator/mapping", component)
        self._classes += len(classes)
        if self._classes > MOST_CLASSES:
            raise AdoptionError(Note(place, f"is one of too many classes: more than {MOST_CLASSES}", "fewer"))
        return {"discriminator": {"propertyName": named, "mapping": classes}} if len(classes) > 1 else {}

    def _class_references(
        self, schema: Mapping[str, Any], discriminator: Any, place: str, component: str
    ) -> dict[str, str]:
        mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
        if isinstance(mapping, Mapping) and mapping:
            chosen = {kind: self._names.schema_name(str(target), f"{place}/{kind}") for kind, target in mapping.items()}
        elif branches := [part for keyword in ("oneOf", "anyOf") for part in schema.get(keyword) or ()]:
            targets = [str(part["$ref"]) for part in branches if isinstance(part, Mapping) and "$ref" in part]
            chosen = {class_name(name): name for name in (self._names.schema_name(each, place) for each in targets)}
        else:
            chosen = self._subclasses.classes(component) if component else {}
        return {kind: PREFIX + self._local[name] for kind, name in chosen.items()}

    def _named_component(self, facts: Schema, holder: str) -> Schema:
        # The bundler recognises views of a class, and of classes within it, by the suffix of their names.
        suffix = next((match[0] for match in _VIEW_WITHIN.finditer(holder)), "")
        name = self._unique(_NO_NAME.sub("_", holder.replace(suffix, "", 1))[:100] + suffix)
        self.components[name] = {"description": description(name), **facts}
        return {"$ref": PREFIX + name}


def _capital(name: str) -> str:
    bare = re.sub(r"[^A-Za-z0-9]", "", name)
    return bare[:1].upper() + bare[1:]


def description(name: str) -> str:
    """A description of a class, made from its name: `A party role.`"""
    words = noun(re.sub(r"[_.-]+", " ", name))
    return f"{article(words).title()} {words}."
