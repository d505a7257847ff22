# SPDX-License-Identifier: Apache-2.0
"""Files of extensions: reads a deployment's JSON Schemas, one file for each class, and refuses what is no schema."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jsonschema import (
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
    SchemaError,
)

from app.errors import StartError, shorten
from app.spec.extensions import Extension, bare
from app.spec.yaml_loader import load_yaml

_DRAFTS = {
    bare(draft.META_SCHEMA["$schema"]): draft
    for draft in (Draft202012Validator, Draft201909Validator, Draft7Validator, Draft6Validator)
}
_DEFAULT_DRAFT = next(iter(_DRAFTS))
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
_ENDINGS = (".json", ".yaml", ".yml")
_TOLD_BY_THE_CLASS = ("@type", "@baseType", "@schemaLocation")
"""Members that differ in the classes that extend a class, so the server checks them in the place of its schema."""


def read(directory: str) -> list[Extension]:
    """The classes whose schemas are in `directory`, in the order of the files' names, without their attributes.

    Raises `StartError` naming the file and what would be right.
    """
    folder = Path(directory)
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in _ENDINGS)
    except OSError as wrong:
        raise StartError(f"LIAISON_SCHEMAS={directory}: cannot be read: {wrong}") from None
    if not files:
        raise StartError(f"LIAISON_SCHEMAS={directory}: holds no JSON Schema; files end in {', '.join(_ENDINGS)}")
    return [_extension(file) for file in files]


def _extension(file: Path) -> Extension:
    source = f"LIAISON_SCHEMAS: {file}"
    schema = _content(file, source)
    draft = _checked_draft(schema, source)
    name, base, location = _title(schema, source), _base(schema, source), _location(schema, source)
    _refuse_unfit(schema, source, base)
    uri = location or f"urn:liaison:schema:{quote(name, safe='')}"
    own = {member: inner for member, inner in schema["properties"].items() if member not in _TOLD_BY_THE_CLASS}
    whole = {**schema, "$schema": draft, "$id": uri, "properties": own}
    return Extension(name, base, location, uri, whole, source, components={})


def _content(file: Path, source: str) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        # YAML that is no JSON, such as a node within itself, cannot be serialised, and is refused by that.
        if file.suffix != ".json":
            read = load_yaml(text)
            text = json.dumps(read)
        content = json.loads(text)
    except (OSError, ValueError, TypeError, yaml.YAMLError) as wrong:
        raise StartError(f"{source}: cannot be read: {shorten(wrong)}") from None
    if not isinstance(content, dict):
        raise StartError(f"{source}: must hold a JSON Schema, an object")
    return content


def _checked_draft(schema: dict[str, Any], source: str) -> str:
    """The draft of JSON Schema that a schema names, once it is valid by the metaschema of that draft."""
    draft = schema.get("$schema", _DEFAULT_DRAFT)
    validator = _DRAFTS.get(bare(draft)) if isinstance(draft, str) else None
    if validator is None:
        drafts = ", ".join(_DRAFTS)
        raise StartError(f"{source}: $schema is {shorten(repr(draft))}; it should be one of {drafts}")
    try:
        # Regular expressions are ECMA 262's, not Python's: wrong ones are found when the schema is compiled.
        validator.check_schema(schema, format_checker=FormatChecker(()))
    except SchemaError as wrong:
        raise StartError(f"{source}: {wrong.json_path}: {shorten(wrong.message)}") from None
    return str(draft)


def _title(schema: dict[str, Any], source: str) -> str:
    title = schema.get("title")
    if not isinstance(title, str) or not title.strip():
        raise StartError(f"{source}: lacks a title; it should be the @type that the schema describes")
    return title


def _base(schema: dict[str, Any], source: str) -> str:
    declared = schema.get("properties", {}).get("@baseType")
    base = declared.get("const") if isinstance(declared, dict) else None
    if not isinstance(base, str):
        raise StartError(f"{source}: properties.@baseType.const should name the class that '{schema['title']}' extends")
    return base


def _location(schema: dict[str, Any], source: str) -> str | None:
    if "$id" not in schema:
        return None
    location = bare(schema["$id"])
    if not _ABSOLUTE_URI.fullmatch(location):
        identifier = shorten(repr(schema["$id"]))
        raise StartError(
            f"{source}: $id is {identifier}; it should be an absolute URI, the @schemaLocation of the class"
        )
    return location


def _refuse_unfit(schema: dict[str, Any], source: str, base: str) -> None:
    """Refuse a schema that no object of its class could be valid against."""
    if schema.get("type", "object") != "object":
        raise StartError(f"{source}: type is {schema['type']!r}; what has an @type is an object")
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if schema.get(keyword) is False:
            raise StartError(f"{source}: {keyword} is false, but the attributes of {base} stand in the object, too")
