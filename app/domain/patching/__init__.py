# SPDX-License-Identifier: Apache-2.0
"""Patches (RFC 7396, RFC 6902, TMF630 parts 5 and 6): applied by media type; attributes that no patch may change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from app.domain.json_values import equal
from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.patching.json_patch import patched_by_operations
from app.domain.patching.query_patch import patched_by_queries
from app.domain.patching.reach import reaching
from app.domain.violations import Violation, refusal
from app.errors import InvalidBody, UnsupportedMediaType, shorten


def patched_by_merge(document: dict[str, Any], patch: Any) -> Any:
    """`document` with the merge patch applied. Raises `InvalidBody` when `patch` is no object."""
    if not isinstance(patch, dict):
        raise InvalidBody("A merge patch must be a JSON object with the attributes to change")
    # A member that the patch replaces is not read.
    read = [name for name, value in patch.items() if isinstance(value, dict)]
    return reaching(document, read, partial(merge_patch, patch=patch)) if read else merge_patch(document, patch)


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` after the merge patch (RFC 7396): null removes, objects merge, all else replaces. Changes neither."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def fixed_violations(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> Iterator[Violation]:
    """The attributes that are not patchable and have another value in `after` than in `before`."""
    for name in fixed:
        was, new_value = before.get(name), after.get(name)
        if was is not new_value and not equal(was, new_value):
            yield Violation(f"/{name}", "is not patchable; leave it out or send its present value", rule="fixed")


def refuse_fixed(before: Mapping[str, Any], after: Mapping[str, Any], fixed: Iterable[str]) -> None:
    """Raise `InvalidField` when `fixed_violations` finds any."""
    if found := list(fixed_violations(before, after, fixed)):
        raise refusal(found)


__all__ = ["apply_patch", "merge_patch", "refuse_fixed"]

_WAYS: Mapping[str, Callable[[dict[str, Any], Any], Any]] = MappingProxyType(
    {
        JSON: patched_by_merge,
        MERGE: patched_by_merge,
        JSON_PATCH: patched_by_operations,
        JSON_PATCH_QUERY: patched_by_queries,
    }
)


def apply_patch(document: dict[str, Any], patch: Any, media_type: str) -> dict[str, Any]:
    """`document` with `patch` applied, which is of `media_type`: all of it or none. Changes neither.

    The date-times that `patch` meets are text to it, whatever they are in `document`. First-level members that it does
    not reach are shared.

    Raises `InvalidBody` for a malformed patch and for one that leaves no object, `InvalidField` for operations and
    constructs that are not offered, `Conflict` where the document is not as the patch expects it, and
    `UnsupportedMediaType`.
    """
    if media_type not in _WAYS:
        shown_type, accepted = shorten(media_type, 60), ", ".join(_WAYS)
        raise UnsupportedMediaType(f"A patch of type '{shown_type}' is not understood", {"Accept-Patch": accepted})
    result = _WAYS[media_type](document, patch)
    if not isinstance(result, dict):
        raise InvalidBody("The patch replaces the whole document by what is no JSON object; a resource stays one")
    return result
