"""Applies a JSON Merge Patch (RFC 7396)."""

from functools import partial
from typing import Any

from app.domain.patching.reach import reaching
from app.errors import InvalidBody


def patched_by_merge(document: dict[str, Any], patch: Any) -> Any:
    """`document` with the merge patch applied. Raises `InvalidBody` when `patch` is no object."""
    if not isinstance(patch, dict):
        raise InvalidBody("A merge patch must be a JSON object with the attributes to change")
    # What is replaced is not read.
    read = [name for name, value in patch.items() if isinstance(value, dict)]
    return reaching(document, read, partial(merged, patch=patch)) if read else merged(document, patch)


def merged(target: Any, patch: Any) -> Any:
    """`target` with the merge patch applied: null removes, objects merge, all else replaces. Changes neither."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
