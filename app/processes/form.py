# SPDX-License-Identifier: Apache-2.0
"""Forms: what a process is told, or somebody answers to a task: characteristics by name, as a JSON Schema has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.domain.violations import Violation
from app.spec.compiling import compile_schema

Characteristics = Sequence[Mapping[str, Any]]

_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 2000}
"""The JSON Schema of a text that somebody writes."""


@dataclass(frozen=True)
class Form:
    """A form with these `properties`, each a JSON Schema, of which some are `required`."""

    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of an object with the values by their names."""
        return {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.properties.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }

    def violations(self, characteristics: Characteristics, own: frozenset[str] = frozenset()) -> Iterator[Violation]:
        """What is wrong with these characteristics, each with its place. Names of the server's `own` are left alone."""
        places = {each["name"]: index for index, each in reversed(list(enumerate(characteristics)))}
        for index, each in enumerate(characteristics):
            name = each["name"]
            if places[name] != index:
                yield Violation(f"/characteristic/{index}/name", f"'{name}' is there twice", rule="form")
            elif name not in self.properties and name not in own:
                asked = ", ".join(self.properties) or "nothing"
                yield Violation(f"/characteristic/{index}/name", f"'{name}' is not asked for; {asked} is", rule="form")
            elif name in self.properties:
                yield from self._wrong_value(name, each["value"], f"/characteristic/{index}/value")
        for name in self.required:
            if name not in places:
                told = self.properties[name].get("description", "")
                yield Violation("/characteristic", f"should have '{name}': {told}", rule="form", lacking=True)

    def _wrong_value(self, name: str, value: Any, place: str) -> Iterator[Violation]:
        for error in self._checks[name].iter_errors(value):
            inner = "".join(f"/{step}" for step in error.instance_path)
            yield Violation(f"{place}{inner}", error.message, rule="form")

    @cached_property
    def _checks(self) -> Mapping[str, Any]:
        return {name: compile_schema(dict(schema)) for name, schema in self.properties.items()}


def values_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the characteristics of a flow or task, by name."""
    return {each["name"]: each["value"] for each in document.get("characteristic", ())}


def with_values(characteristics: Characteristics, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The characteristics with these `values`, in the place of earlier ones of their names; None removes one."""
    kept = [dict(each) for each in characteristics if each["name"] not in values]
    return kept + [
        {"name": name, "value": value, "valueType": _TYPES[type(value)]}
        for name, value in values.items()
        if value is not None
    ]
