# SPDX-License-Identifier: Apache-2.0
"""The outline of a document for Connexion: its operations and their security (ADR 0013).

It has no schemas: Connexion would check them, copy them twice and resolve every reference at the start, for its own
validation only, and that takes longer than all else.
"""

from collections.abc import Mapping
from typing import Any

from app.spec.operations import METHODS

_OF_DOCUMENT = ("openapi", "info", "servers", "security")
_OF_OPERATION = ("operationId", "security")


def connexion_spec(document: Mapping[str, Any]) -> dict[str, Any]:
    """The outline of a bundled document, itself an OpenAPI document."""
    schemes = document["components"].get("securitySchemes", {})
    paths = {path: _operations(item) for path, item in document["paths"].items()}
    return {**_part(document, _OF_DOCUMENT), "paths": paths, "components": {"securitySchemes": schemes}}


def _operations(item: Mapping[str, Any]) -> dict[str, Any]:
    answers = {"responses": {"default": {"description": "as in the document"}}}
    return {method: _part(item[method], _OF_OPERATION) | answers for method in METHODS if method in item}


def _part(whole: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: whole[name] for name in names if name in whole}
