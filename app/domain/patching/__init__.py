"""Which way a patch is applied: by its media type (TMF630 part 1, partial update; parts 5 and 6, JSON Patch Query)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.domain.patching.fixed import refuse_fixed
from app.domain.patching.json_patch import patched_by_operations
from app.domain.patching.merge import merged, patched_by_merge
from app.domain.patching.query_patch import patched_by_queries
from app.errors import InvalidBody, UnsupportedMediaType, shortened

__all__ = ["merged", "patched", "refuse_fixed"]

_WAYS: Mapping[str, Callable[[dict[str, Any], Any], Any]] = MappingProxyType(
    {
        JSON: patched_by_merge,
        MERGE: patched_by_merge,
        JSON_PATCH: patched_by_operations,
        JSON_PATCH_QUERY: patched_by_queries,
    }
)


def patched(document: dict[str, Any], patch: Any, media_type: str) -> dict[str, Any]:
    """`document` with `patch` applied, which is of `media_type`: all of it or none. Changes neither.

    The date-times that `patch` meets are text to it, whatever they are in `document`. First-level members that it does
    not reach are shared.

    Raises `InvalidBody` for a malformed patch and for one that leaves no object, `InvalidField` for operations and
    constructs that are not offered, `Conflict` where the document is not as the patch expects it, and
    `UnsupportedMediaType`.
    """
    if media_type not in _WAYS:
        told, accepted = shortened(media_type, 60), ", ".join(_WAYS)
        raise UnsupportedMediaType(f"A patch of type '{told}' is not understood", {"Accept-Patch": accepted})
    result = _WAYS[media_type](document, patch)
    if not isinstance(result, dict):
        raise InvalidBody("The patch replaces the whole document by what is no JSON object; a resource stays one")
    return result
