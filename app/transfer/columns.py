# SPDX-License-Identifier: Apache-2.0
"""The columns of a resource as a table (Parquet): a stable schema for documents with open content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.json_text import dump_sorted
from app.domain.query.attributes import DATE_TIME, Attribute

JSON = "json"
OTHERS = "_other"
"""The last column: a JSON object of all values that no other column can hold."""

_FIRST = ("id", "href")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    DATE_TIME: datetime,
}
_EXACT = 2**53
"""Integers up to this one are exact as floating-point numbers."""


@dataclass(frozen=True)
class Column:
    """An attribute of the first level; `kind` is string, boolean, integer, number, date-time or json.

    Arrays, objects and attributes of any type are columns of JSON texts.
    """

    name: str
    kind: str

    def holds(self, value: Any) -> bool:
        """Whether the value of an attribute fits the type of the column."""
        if self.kind == JSON:
            return value is not None
        fits = isinstance(value, _TYPES[self.kind]) and isinstance(value, bool) == (self.kind == "boolean")
        return fits and (self.kind != "number" or isinstance(value, float) or abs(value) <= _EXACT)


def columns(attributes: Attribute) -> list[Column]:
    """The columns of a resource with these attributes."""
    declared = {name: _kind(attribute) for name, attribute in attributes.members.items()}
    ordered = [*_FIRST, *(name for name in declared if name not in _FIRST)]
    return [*(Column(name, declared.get(name, "string")) for name in ordered), Column(OTHERS, JSON)]


def row(view: Mapping[str, Any], of: Sequence[Column]) -> dict[str, Any]:
    """The row of a view: the value of each column, JSON as text."""
    held = {column.name: column for column in of[:-1] if column.name in view and column.holds(view[column.name])}
    values = {name: _text(view[name]) if column.kind == JSON else view[name] for name, column in held.items()}
    others = {name: value for name, value in view.items() if name not in held}
    return {**values, OTHERS: _text(others)} if others else values


def is_json(attribute: Attribute | None) -> bool:
    """Whether the column of an attribute has JSON texts."""
    return attribute is not None and _kind(attribute) == JSON


def _kind(attribute: Attribute) -> str:
    return attribute.kind if attribute.kind in _TYPES and not attribute.array else JSON


def _text(value: Any) -> str:
    return dump_sorted(value).decode()
