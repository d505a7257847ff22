"""Applies a partial update to a document: JSON Merge Patch (RFC 7396), and what no update may change."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.equality import same
from app.errors import InvalidField


def merged(target: Any, patch: Any) -> Any:
    """`target` with the merge patch applied: null removes, objects merge, all else replaces. Changes neither."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def refuse_fixed(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> None:
    """Raise `InvalidField` when an attribute that is not patchable has another value in `after` than in `before`."""
    for name in fixed:
        if not same(before.get(name), after.get(name)):
            raise InvalidField(f"/{name} is not patchable; leave it out or send its present value")
