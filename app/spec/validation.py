"""Checks bodies against the schemas of a bundled document, with validators compiled once at start."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft4Validator, ValidationError

from app.errors import BadRequest, InvalidField, MissingField, shortened
from app.spec.schemas import Schemas

NOT_BLANK = r"\S"
MOST_TOLD = 3
"""Violations that one answer tells; more would be longer, not clearer."""


class Validator:
    """The rules of one schema of a document. Mandatory means present, not null and not blank."""

    def __init__(self, document: Mapping[str, Any], schema: str, *, lenient: tuple[str, ...] = ()) -> None:
        """`lenient` names top-level attributes whose enum is checked elsewhere (states, by the lifecycle)."""
        components = _prepared(document, schema, lenient)
        self._compiled = Draft4Validator(
            {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": components}}, validate_formats=True
        )

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise `MissingField` or `InvalidField`, naming the places as JSON Pointers."""
        if not self._compiled.is_valid(body):
            _refuse(list(self._compiled.iter_errors(body)), missing=MissingField)

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raise `InvalidField` for what is wrong in `after` and was not in `before`.

        What another version of the API left incomplete does not stop a patch of something else.
        """
        if self._compiled.is_valid(after):
            return
        old = {_identity(error) for error in self._compiled.iter_errors(before)}
        new = [error for error in self._compiled.iter_errors(after) if _identity(error) not in old]
        if new:
            _refuse(new, missing=InvalidField)


def _refuse(errors: list[ValidationError], missing: type[BadRequest]) -> None:
    violations = [_violation(error) for error in errors[:MOST_TOLD]]
    told = "; ".join(message for message, _ in violations)
    if len(errors) > MOST_TOLD:
        told += f"; and {len(errors) - MOST_TOLD} more"
    raise (missing if all(absent for _, absent in violations) else InvalidField)(told)


def _violation(error: ValidationError) -> tuple[str, bool]:
    """What to say of a violation, and whether it is that something mandatory is missing."""
    place = pointer(error.instance_path)
    match error.kind.name:
        case "required":
            return f"{place}/{error.kind.value} is mandatory", True
        case "pattern":
            return f"{place} is mandatory and may not be blank", True
        case keyword:
            return f"{place or 'the body'} {_expected(error, keyword)}", False


def _expected(error: ValidationError, keyword: str) -> str:
    got, expected = shortened(_spelled(error.instance), 60), error.kind.value
    match keyword:
        case "type":
            return f"must be {_article(expected)}, not {got}"
        case "enum":
            return f"must be one of {', '.join(map(str, expected))}, not {got}"
        case "format":
            return f"must be {_FORMATS.get(str(expected), expected)}, not {got}"
        case "minItems":
            return f"must have at least {expected} element{'s' if expected != 1 else ''}"
        case _:
            return shortened(error.message)


_FORMATS = {
    "date-time": "a date-time with an offset, like 2024-05-01T10:00:00Z",
    "date": "a date, like 2024-05-01",
    "uri": "an absolute URI",
    "email": "an e-mail address",
}


def _article(types: Any) -> str:
    names = list(types) if isinstance(types, list | tuple) else [types]
    return " or ".join(f"{'an' if str(name)[0] in 'aeio' else 'a'} {name}" for name in names)


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return (
        {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else repr(value)
    )


def pointer(path: Any) -> str:
    """The JSON Pointer (RFC 6901) of a path of names and indexes."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _identity(error: ValidationError) -> tuple[str, str, str]:
    return pointer(error.instance_path), pointer(error.schema_path), error.message


def _prepared(document: Mapping[str, Any], name: str, lenient: tuple[str, ...]) -> dict[str, Any]:
    """The component schemas as the validator needs them: OpenAPI's `nullable` understood, mandatory text not blank."""
    schemas = copy.deepcopy(document["components"]["schemas"])
    for schema in _objects(schemas):
        if schema.get("nullable") and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
    known = Schemas({"components": {"schemas": schemas}})
    for schema in list(_objects(schemas)):
        _forbid_blanks(known, schema)
    _free(known, schemas[name], lenient)
    return dict(schemas)


def _forbid_blanks(known: Schemas, schema: dict[str, Any]) -> None:
    required = schema.get("required")
    if not isinstance(required, list):
        return
    properties = known.properties(schema)
    for name in required:
        if properties.get(name, {}).get("type") == "string":
            schema.setdefault("properties", {})[name] = {**properties[name], "pattern": NOT_BLANK}


def _free(known: Schemas, schema: dict[str, Any], lenient: tuple[str, ...]) -> None:
    for part in known.parts(schema):
        for name in lenient:
            if name in part.get("properties", {}):
                part["properties"][name] = {"type": "string"}


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _objects(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _objects(inner)
