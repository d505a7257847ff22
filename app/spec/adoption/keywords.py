# SPDX-License-Identifier: Apache-2.0
"""Keywords of a schema that are facts, and the check of the value of each before it is carried over."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import re2

from app.spec.adoption.report import Report

TYPES = ("string", "number", "integer", "boolean", "array", "object")
_PYTHON = {"string": str, "boolean": bool, "array": list, "object": dict}
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_expression(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re2.compile(value, _OPTIONS))
    except re2.error:
        return False


_FACTS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "type": (lambda value: value in TYPES, f"one of {', '.join(TYPES)}"),
    "format": (lambda value: isinstance(value, str) and 0 < len(value) <= 100, "the name of a format"),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of values"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "exclusiveMinimum": (_is_flag, "true or false"),
    "exclusiveMaximum": (_is_flag, "true or false"),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "minLength": (_is_count, "a count"),
    "maxLength": (_is_count, "a count"),
    "pattern": (_is_expression, "a regular expression without what needs backtracking (RE2)"),
    "minItems": (_is_count, "a count"),
    "maxItems": (_is_count, "a count"),
    "uniqueItems": (_is_flag, "true or false"),
    "minProperties": (_is_count, "a count"),
    "maxProperties": (_is_count, "a count"),
    "nullable": (_is_flag, "true or false"),
    "readOnly": (_is_flag, "true or false"),
    "writeOnly": (_is_flag, "true or false"),
    "deprecated": (_is_flag, "true or false"),
}


def keyword_facts(schema: Mapping[str, Any], place: str, report: Report) -> dict[str, Any]:
    """The keywords of a schema that contain no schemas, in the form of OpenAPI 3.0; the rest is reported."""
    source = {**schema, "nullable": schema["x-nullable"]} if "x-nullable" in schema else schema
    facts: dict[str, Any] = {}
    for keyword, (fits, right) in _FACTS.items():
        if keyword not in source:
            continue
        if fits(source[keyword]):
            facts[keyword] = source[keyword]
        else:
            report.add(f"{place}/{keyword}", f"is {str(source[keyword])[:60]!r}", right)
    if "enum" in facts:
        facts |= _enumeration(facts, place, report)
    if "required" in source and (names := _required_names(source["required"], place, report)):
        facts["required"] = names
    if source.get("default") is not None:
        facts |= _default(source["default"], facts.get("type"), place, report)
    return facts


def _enumeration(facts: Mapping[str, Any], place: str, report: Report) -> dict[str, Any]:
    """The values of an enum without duplicates; texts where the type is string; the type string where all are texts."""
    values = facts["enum"]
    if facts.get("type") == "string" and any(not isinstance(value, str | None) for value in values):
        report.add(f"{place}/enum", "lists values that are no texts", "texts in quotes; they are taken for texts")
        values = [value if isinstance(value, str | None) else _text(value) for value in values]
    by_text: dict[str, Any] = {}
    for value in values:
        by_text.setdefault(json.dumps(value, sort_keys=True), value)
    once = list(by_text.values())
    typed = {"type": "string"} if "type" not in facts and all(isinstance(value, str) for value in once) else {}
    return {**typed, "enum": once}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _required_names(names: Any, place: str, report: Report) -> list[str]:
    if not isinstance(names, list):
        report.add(f"{place}/required", "is no list", "the names of the attributes that are mandatory")
        return []
    return list(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))


def _default(value: Any, kind: str | None, place: str, report: Report) -> dict[str, Any]:
    fits = {
        "number": _is_number(value),
        "integer": _is_number(value) and math.trunc(value) == value,
    }.get(kind or "", kind is None or isinstance(value, _PYTHON.get(kind, object)))
    if fits:
        return {"default": value}
    report.add(f"{place}/default", f"is {str(value)[:60]!r}", f"a value of type {kind}")
    return {}
