# SPDX-License-Identifier: Apache-2.0
"""What Connexion is told of a document: its operations, and who may call them.

The schemas stay out, and with them what Connexion does with those at the start and only its own validation needs: it
checks them, copies them twice and writes out every reference, which takes longer than all else. See docs/adr/0013.
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
