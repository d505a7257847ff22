# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query in few words, for the tests of its notations."""

from typing import Any

import pytest

from app.domain.media_types import JSON_PATCH_QUERY
from app.domain.patching import apply_patch
from app.errors import TmfError

JOHN, MARY = {"author": "John Doe", "text": "a"}, {"author": "Mary", "text": "b"}


def apply(document: dict[str, Any], *operations: Any) -> dict[str, Any]:
    return apply_patch(document, list(operations), JSON_PATCH_QUERY)


def refusal(document: dict[str, Any], *operations: Any) -> TmfError:
    with pytest.raises(TmfError) as refused:
        apply(document, *operations)
    return refused.value


def change(op: str, path: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value, **more}


def select(document: dict[str, Any], path: str) -> list[Any]:
    """The members `v` of what `path` selects, told by marking each."""
    marked = apply(document, change("add", path, {"marked": True}))
    return [element["v"] for element in marked["a"] if "marked" in element]
