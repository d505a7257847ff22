# SPDX-License-Identifier: Apache-2.0
"""Bundles and translates each document once in a process: a run composes hundreds of servers of the same ones."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from app.composition import api_resources, contracts
from app.spec import bundle as bundling
from app.spec.bundle import OPENAPI, Files
from app.spec.compiling import JsonSchemas

bundle_anew = bundling.bundle
_project = Files()


def bundle_once() -> None:
    """From now on a document of the project's own folder is bundled when it is asked for first, and copied later; the
    schemas of servers whose documents are the same are translated once."""
    for module in (bundling, contracts):
        setattr(module, "bundle", _bundle)  # noqa: B010 - a function of a module is no variable to mypy
    setattr(api_resources, "JsonSchemas", _json_schemas)  # noqa: B010


def _bundle(name: str, source: Path | Files = OPENAPI) -> dict[str, Any]:
    folder = source._folder if isinstance(source, Files) else source
    if folder != OPENAPI:
        return bundle_anew(name, source)
    document: dict[str, Any] = orjson.loads(_bundled(name))
    return document


@cache
def _bundled(name: str) -> bytes:
    return orjson.dumps(bundle_anew(name, _project))


def _json_schemas(document: Mapping[str, Any]) -> JsonSchemas:
    return _json_schemas_of(orjson.dumps(document))


@lru_cache(64)
def _json_schemas_of(document: bytes) -> JsonSchemas:
    return JsonSchemas(orjson.loads(document))
