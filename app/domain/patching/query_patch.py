# SPDX-License-Identifier: Apache-2.0
"""Applies a JSON Patch Query (TMF630 parts 5 and 6): a JSON Patch whose paths select any number of values."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jsonpointer import JsonPointer

from app.domain.patching.conditions import Location
from app.domain.patching.json_patch import apply_operation
from app.domain.patching.json_path_grammar import Grammar
from app.domain.patching.operations import Operation, read_operations
from app.domain.patching.query_paths import PlainPath, QueryPath, read_path
from app.domain.patching.reach import reaching
from app.domain.patching.work import Work, count_values, refuse_overgrown
from app.errors import InvalidBody

ALIASES = {"delete": "remove"}


@dataclass(frozen=True)
class _Step:
    operation: Operation
    path: QueryPath
    source: QueryPath

    @property
    def is_plain(self) -> bool:
        return isinstance(self.path, PlainPath) and isinstance(self.source, PlainPath)

    @property
    def multiplies(self) -> bool:
        """Whether the operation may copy a value: put it in several places, or in one more than it is in already."""
        return self.operation.name == "copy" or not isinstance(self.path, PlainPath)


def patched_by_queries(document: dict[str, Any], patch: Any) -> Any:
    """A copy of `document` with every operation of `patch` applied in turn.

    `add` puts a value at the end of an array, and the members of an object into an object. Raises `InvalidBody` and
    `InvalidField` for a malformed patch, `Conflict` where a path finds nothing or a test fails.
    """
    work = Work()
    grammar = Grammar(work)
    steps = [
        _Step(operation, *(read_path(operation, path, grammar, work) for path in (operation.path, operation.source)))
        for operation in read_operations(patch, ALIASES)
    ]

    def change(read: dict[str, Any]) -> Any:
        result: Any = copy.deepcopy(read)
        for step in steps:
            result = _apply_step(result, step, work)
        if any(step.multiplies for step in steps):
            refuse_overgrown(read, result)
        return result

    # Which first-level members a query reaches is known only once it is evaluated.
    return reaching(document, document, change)


def _apply_step(document: Any, step: _Step, work: Work) -> Any:
    operation = step.operation
    if step.is_plain:
        return apply_operation(document, _appending(document, operation), work)
    if operation.name in ("copy", "move"):
        return _copy_or_move(document, step, work)
    return _everywhere(document, operation, step.path, work)


def _appending(document: Any, operation: Operation) -> Operation:
    """`operation`; an `add` of something other than an array to an array becomes one at the end of that array."""
    if operation.name != "add" or isinstance(operation.value, list):
        return operation
    present = JsonPointer(operation.path).resolve(document, None)
    return replace(operation, path=f"{operation.path}/-") if isinstance(present, list) else operation


def _copy_or_move(document: Any, step: _Step, work: Work) -> Any:
    operation = step.operation
    sources = _resolve_path(document, operation, step.source, work)
    if len(sources) != 1:
        raise operation.conflict(f"'from' finds {len(sources)} values, and must find one")
    source = _pointer(sources[0])
    value = JsonPointer(source).resolve(document)
    if operation.name == "move":
        document = apply_operation(document, replace(operation, name="remove", path=source), work)
    work.spend(count_values(value, 0))
    return _everywhere(document, replace(operation, name="add", value=value), step.path, work)


def _everywhere(document: Any, operation: Operation, path: QueryPath, work: Work) -> Any:
    """`document` after `operation` on every value that `path` selects; the last first, so that indexes stay valid."""
    locations = _resolve_path(document, operation, path, work)
    work.spend(count_values(operation.value, 0) * (len(locations) - 1))
    for location in sorted(locations, key=_order, reverse=True):
        document = _at(document, operation, location, work)
    return document


def _resolve_path(document: Any, operation: Operation, path: QueryPath, work: Work) -> Sequence[Location]:
    try:
        locations = path.locations(document, work, creating=operation.name == "add")
    except ValueError as wrong:
        raise InvalidBody(f"{operation.label}: {wrong}") from None
    if not locations:
        raise operation.conflict("nothing in the document matches the path")
    return locations


def _at(document: Any, operation: Operation, location: Location, work: Work) -> Any:
    path = _pointer(location)
    work.spend(1 + len(path) // 100)
    if operation.name != "add":
        return apply_operation(document, replace(operation, path=path), work)
    present = JsonPointer(path).resolve(document, None)
    if isinstance(present, list):
        return apply_operation(document, replace(operation, path=f"{path}/-"), work)
    if isinstance(present, dict) and isinstance(operation.value, dict):
        for name, value in operation.value.items():
            document = apply_operation(
                document, replace(operation, path=_pointer((*location, name)), value=value), work
            )
        return document
    is_element = location and isinstance(location[-1], int)
    return apply_operation(document, replace(operation, name="replace" if is_element else "add", path=path), work)


def _pointer(location: Location) -> str:
    return str(JsonPointer.from_parts(location).path)


def _order(location: Location) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in location)
