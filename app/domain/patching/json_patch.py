# SPDX-License-Identifier: Apache-2.0
"""Applies a JSON Patch (RFC 6902): operations at JSON Pointers, all of them or none."""

import copy
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointer, JsonPointerException

from app.domain.patching.operations import Operation, read_operations, read_pointer
from app.domain.patching.reach import reaching
from app.domain.patching.work import Work, count_values, refuse_overgrown


def patched_by_operations(document: dict[str, Any], patch: Any) -> Any:
    """A copy of `document` with all operations of `patch` applied in turn; shares the values that no operation names.

    Raises `InvalidBody` and `InvalidField` for a malformed patch, `Conflict` for a path that does not exist and for a
    test that fails.
    """
    operations = read_operations(patch)
    pointers = [read_pointer(each, path) for each in operations for path in each.paths]
    names = {pointer.parts[0] for pointer in pointers} if all(each.parts for each in pointers) else document.keys()

    def change(read: dict[str, Any]) -> Any:
        result: Any = {name: copy.deepcopy(value) if name in names else value for name, value in read.items()}
        work = Work()
        for operation in operations:
            result = apply_operation(result, operation, work)
        if any(operation.name == "copy" for operation in operations):
            refuse_overgrown(read, result)
        return result

    return reaching(document, names, change)


def apply_operation(document: Any, operation: Operation, work: Work) -> Any:
    """`document` after `operation`, whose paths are JSON Pointers; changed in place, unless it is replaced."""
    try:
        _weigh(document, operation, work)
        return JsonPatch([_to_json(operation)]).apply(document, in_place=True)
    except JsonPatchTestFailed:
        raise operation.conflict("the document has another value there, or none") from None
    except (JsonPatchException, JsonPointerException):
        raise operation.conflict("the path leads nowhere in the document, or where it may not") from None


def _weigh(document: Any, operation: Operation, work: Work) -> None:
    level = len(JsonPointer(operation.path).parts)
    if operation.name in ("add", "replace"):
        count_values(operation.value, level)
    elif operation.name in ("copy", "move"):
        weight = count_values(JsonPointer(operation.source).resolve(document), level)
        work.spend(weight)


def _to_json(operation: Operation) -> dict[str, Any]:
    return {
        "op": operation.name,
        "path": operation.path,
        "value": operation.value,
        "from": operation.source,
    }
