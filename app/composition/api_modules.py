# SPDX-License-Identifier: Apache-2.0
"""Python modules beside a deployment's documents: rules and mappings, which a document cannot express."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.errors import StartError


@dataclass(frozen=True)
class ApiModule:
    """`rules` by resource (`RULES` in the module), and `views` by version and resource (`VIEWS`)."""

    rules: Mapping[str, Rules] = field(default_factory=dict)
    views: Mapping[str, Mapping[str, VersionMapping]] = field(default_factory=dict)


def load_module(file: Path, resources: Collection[str]) -> ApiModule:
    """Import the module in `file`, for the `resources` of its API; an empty one where there is no such file.

    Raises `StartError` when it cannot be imported, or names an unknown resource.
    """
    if not file.is_file():
        return ApiModule()
    spec = spec_from_file_location(f"liaison_api_{file.stem.replace('-', '_')}", file)
    assert spec is not None, "the name ends in .py"
    assert spec.loader is not None, "it is a file"
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StartError(f"{file}: cannot be run: {type(error).__name__}: {error}") from error
    rules, views = _mapping(module, file, "RULES"), _mapping(module, file, "VIEWS")
    for place, named in [("RULES", rules), *((f"VIEWS[{version!r}]", of) for version, of in views.items())]:
        for name in named:
            if name not in resources:
                known_names = ", ".join(resources)
                raise StartError(
                    f"{file}: {place} names '{name}', which is no resource of the API; there are {known_names}"
                )
    return ApiModule(rules, views)


def _mapping(module: Any, file: Path, name: str) -> Mapping[str, Any]:
    value = getattr(module, name, {})
    if not isinstance(value, Mapping):
        raise StartError(f"{file}: {name} should be a mapping, not {type(value).__name__}")
    return value
