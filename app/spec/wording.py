# SPDX-License-Identifier: Apache-2.0
"""Messages to clients about violations that a compiled schema found."""

from typing import Any

from jsonschema_rs import ValidationError

from app.domain.json_pointers import Place, pointer
from app.domain.violations import Violation, describe_value
from app.errors import shorten
from app.spec.blanks import NOT_BLANK
from app.spec.compiling import WRITTEN_WHOLE


def violation(error: ValidationError, above: Place = (), schema: str = "") -> Violation:
    """The violation of an `error` of the validator, with a message in the words of this API.

    The validated value is at the place `above`; `schema` names its schema, where a body is checked by several.
    """
    rule = f"{schema}{pointer(error.schema_path)}: {error.message}"
    place = pointer((*above, *error.instance_path))
    match error.kind.name:
        case "required":
            return Violation(place + pointer([error.kind.value]), "is mandatory", rule, lacking=True)
        case "pattern" if error.kind.value == NOT_BLANK:
            return Violation(place, "is mandatory and may not be blank", rule, lacking=True)
        case keyword:
            return Violation(place, _message(error, keyword), rule, is_null=error.instance is None)


def _message(error: ValidationError, keyword: str) -> str:
    got, expected = shorten(describe_value(error.instance), 60), error.kind.value
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
            return shorten(error.message)


_FORMATS = {
    "date-time": "a date-time with an offset, like 2024-05-01T10:00:00Z",
    "date": "a date, like 2024-05-01",
    "uri": "an absolute URI",
    "email": "an e-mail address",
}


def _article(types: Any) -> str:
    names = list(types) if isinstance(types, list | tuple) else [types]
    return " or ".join(f"{'an' if str(name)[0] in 'aeio' else 'a'} {name}" for name in names)
