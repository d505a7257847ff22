# SPDX-License-Identifier: Apache-2.0
"""The residue: what a version keeps beside a stored object, so that it can show exactly what its client sent."""

from collections.abc import Callable
from typing import Any

from app.domain.json_values import ABSENT, equal
from app.domain.query.predicates import Path

MEMORY = "_v4"
"""The private member that holds the residue of an older version; no view has it."""

RESIDUE = "_v5"
"""The private member that holds what only the version whose shape is stored may show."""

PRIVATE = frozenset({MEMORY, RESIDUE})


def difference(rendered: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """The difference from `rendered` to `target`: members to `set`, members to `drop`, and the same `within` objects.

    Empty parts are left out; so equal objects have the difference `{}`.
    """
    within, put = {}, {}
    for name, value in target.items():
        if name in rendered and equal(rendered[name], value):
            continue
        if isinstance(value, dict) and isinstance(rendered.get(name), dict):
            within[name] = difference(rendered[name], value)
        else:
            put[name] = value
    parts = {"set": put, "drop": [name for name in rendered if name not in target], "within": within}
    return {part: content for part, content in parts.items() if content}


def with_residue(rendered: dict[str, Any], memory: dict[str, Any]) -> dict[str, Any]:
    """`rendered` with a residue, which is a `difference`, applied; changes neither."""
    dropped = frozenset(memory.get("drop", ()))
    result = {name: value for name, value in rendered.items() if name not in dropped}
    for name, inner in memory.get("within", {}).items():
        if isinstance(result.get(name), dict):
            result[name] = with_residue(result[name], inner)
    result.update(memory.get("set", {}))
    return result


def surviving(memory: dict[str, Any], stays: Callable[[Path, Any], bool], path: Path = ()) -> dict[str, Any]:
    """The part of a residue for which `stays` is true.

    `stays` gets the path of each member and its value in the residue; `ABSENT` for a member to drop.
    """
    parts = {
        "set": {name: value for name, value in memory.get("set", {}).items() if stays((*path, name), value)},
        "drop": [name for name in memory.get("drop", ()) if stays((*path, name), ABSENT)],
        "within": {
            name: left
            for name, inner in memory.get("within", {}).items()
            if (left := surviving(inner, stays, (*path, name)))
        },
    }
    return {part: content for part, content in parts.items() if content}
