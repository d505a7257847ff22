"""Checks bodies against the schemas of a bundled document, with validators compiled once at start."""

from collections.abc import Mapping
from typing import Any

from jsonschema_rs import ValidationError

from app.domain.places import pointer
from app.errors import BadRequest, InvalidField, MissingField, shortened
from app.spec.compiling import NOT_BLANK, WRITTEN_WHOLE, compiled
from app.spec.schemas import Schema

MOST_TOLD = 3
"""Violations that one answer tells; more would be longer, not clearer."""
MOST_WEIGHED = 1000
"""Values in a body whose violations are all looked for: each costs time, and a larger body may have very many."""


class Validator:
    """The rules of one schema of a document. Mandatory means present, not null and not blank."""

    def __init__(self, document: Mapping[str, Any], schema: Schema, *, lenient: tuple[str, ...] = ()) -> None:
        """`schema` stands in `document` or refers to a component of it.

        `lenient` names top-level attributes whose enum is checked elsewhere (states, by the lifecycle).
        """
        self._compiled = compiled(document, schema, lenient)

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise `MissingField` or `InvalidField`, naming the places as JSON Pointers."""
        if not self._compiled.is_valid(body):
            self._refuse(body, self._violations(body), missing=MissingField)

    def check_change(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raise `InvalidField` for what is wrong in `after` and was not in `before`.

        What another version of the API left incomplete does not stop a patch of something else.
        """
        if self._compiled.is_valid(after):
            return
        old = {_identity(error) for error in self._compiled.iter_errors(before)}
        found = self._compiled.iter_errors(after) if old else self._violations(after)
        new = [error for error in found if _identity(error) not in old]
        if new:
            self._refuse(after, new, missing=InvalidField)

    def _violations(self, body: Any) -> list[ValidationError]:
        """Every violation in an invalid body, or only the first in a large one."""
        if not _is_large(body):
            return list(self._compiled.iter_errors(body))
        try:
            self._compiled.validate(body)
        except ValidationError as first:
            return [first]
        return []

    def _refuse(self, body: Mapping[str, Any], errors: list[ValidationError], missing: type[BadRequest]) -> None:
        absent = {_required(e) for e in self._violations(_without_nulls(body)) if e.kind.name == "required"}
        by_place: dict[str, tuple[str, bool]] = {}
        for error in errors:
            place = _required(error) if error.kind.name == "required" else pointer(error.instance_path)
            by_place.setdefault(place, _violation(error, place, is_null=error.instance is None and place in absent))
        told = "; ".join(message for message, _ in list(by_place.values())[:MOST_TOLD])
        if len(by_place) > MOST_TOLD:
            told += f"; and {len(by_place) - MOST_TOLD} more"
        raise (missing if all(lacking for _, lacking in by_place.values()) else InvalidField)(told)


def _violation(error: ValidationError, place: str, *, is_null: bool) -> tuple[str, bool]:
    """What to say of a violation, and whether it is that something mandatory is missing."""
    if is_null:
        return f"{place} is mandatory and may not be null", True
    match error.kind.name:
        case "required":
            return f"{place} is mandatory", True
        case "pattern" if error.kind.value == NOT_BLANK:
            return f"{place} is mandatory and may not be blank", True
        case keyword:
            return f"{place or 'the body'} {_expected(error, keyword)}", False


def _is_large(body: Any) -> bool:
    waiting, weighed = [body], 0
    while waiting and weighed <= MOST_WEIGHED:
        value = waiting.pop()
        weighed += 1
        waiting.extend(value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ())
    return weighed > MOST_WEIGHED


def _required(error: ValidationError) -> str:
    return pointer([*error.instance_path, error.kind.value])


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(element) for element in value] if isinstance(value, list) else value


def _expected(error: ValidationError, keyword: str) -> str:
    got, expected = shortened(_spelled(error.instance), 60), error.kind.value
    match keyword:
        case "type":
            return f"must be {_article(expected)}, not {got}"
        case _ if keyword == WRITTEN_WHOLE:
            return f"must be an integer, not {got}"
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


def _identity(error: ValidationError) -> tuple[str, str, str]:
    return pointer(error.instance_path), pointer(error.schema_path), error.message
