# SPDX-License-Identifier: Apache-2.0
"""The structure of OpenAPI 3.0: validates documents by the JSON Schema that Connexion itself uses."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import orjson
from jsonschema_rs import Draft4Validator, ValidationError

from app.domain.json_pointers import pointer
from app.errors import StartError, shorten

_OPENAPI_SCHEMA = "connexion/resources/schemas/v3.0/schema.json"


def openapi_schema() -> dict[str, Any]:
    """The JSON Schema of OpenAPI 3.0 documents."""
    schema: dict[str, Any] = orjson.loads(
        Path(str(distribution("connexion").locate_file(_OPENAPI_SCHEMA))).read_bytes()
    )
    return schema


def refuse_malformed(document: Mapping[str, Any], source: str) -> None:
    """Raise `StartError` for a document that is not OpenAPI 3.0, naming a place in `source` where it is not."""
    try:
        _validator().validate(document)
    except ValidationError as wrong:
        place = pointer(tuple(wrong.instance_path)) or "the document"
        raise StartError(f"{source}: {place}: {shorten(wrong.message)}") from None


def is_well_formed(document: Mapping[str, Any]) -> bool:
    """Whether a document is OpenAPI 3.0."""
    return bool(_validator().is_valid(document))


@cache
def _validator() -> Draft4Validator:
    return Draft4Validator(openapi_schema())
