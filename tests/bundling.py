# SPDX-License-Identifier: Apache-2.0
"""Bundles each document of the project once in a process: a run starts hundreds of servers that all have the same."""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

from app.composition import contracts
from app.spec import bundle as bundling
from app.spec.bundle import OPENAPI, Files

bundle_anew = bundling.bundle
_project = Files()


def bundle_once() -> None:
    """From now on a document of the project's own folder is bundled when it is asked for first, and copied later."""
    for module in (bundling, contracts):
        setattr(module, "bundle", _bundle)  # noqa: B010 - a function of a module is no variable to mypy


def _bundle(name: str, source: Path | Files = OPENAPI) -> dict[str, Any]:
    folder = source._folder if isinstance(source, Files) else source
    if folder != OPENAPI:
        return bundle_anew(name, source)
    document: dict[str, Any] = orjson.loads(_bundled(name))
    return document


@cache
def _bundled(name: str) -> bytes:
    return orjson.dumps(bundle_anew(name, _project))
