# SPDX-License-Identifier: Apache-2.0
"""Reads a patch that is an array of operations (RFC 6902, section 4), before anything is applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jsonpointer import JsonPointer, JsonPointerException

from app.domain.patching.work import LONGEST_PATH, MOST_OPERATIONS
from app.errors import Conflict, InvalidBody, InvalidField, shorten

COMPANIONS = MappingProxyType(
    {"add": "value", "copy": "from", "move": "from", "remove": None, "replace": "value", "test": "value"}
)
"""The operations (RFC 6902 §4), each with the member that it needs beside `op` and `path`."""


@dataclass(frozen=True)
class Operation:
    """One operation of a patch; `source` is its `from`, and `index` its place in the patch, from 0."""

    index: int
    name: str
    path: str
    value: Any = None
    source: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The places that it names: its `path`, and its `from` if it needs one."""
        return (self.path, self.source) if COMPANIONS[self.name] == "from" else (self.path,)

    @property
    def label(self) -> str:
        """The operation as messages name it."""
        source = f" from {shorten(self.source, 80)}" if COMPANIONS[self.name] == "from" else ""
        return f"Operation {self.index} ({self.name}{source} {shorten(self.path, 100) or 'the whole document'})"

    def conflict(self, why: str) -> Conflict:
        """The error for an operation that does not fit the document."""
        return Conflict(f"{self.label} cannot be applied: {why}")


def read_operations(patch: Any, aliases: Mapping[str, str] | None = None) -> list[Operation]:
    """The operations of `patch`; `aliases` gives other names for them.

    Raises `InvalidBody` for what is no array of complete operations, `InvalidField` for an unknown operation.
    """
    if not isinstance(patch, list):
        raise InvalidBody("The patch must be an array of operations, each an object with 'op' and 'path'")
    if len(patch) > MOST_OPERATIONS:
        raise InvalidBody(f"The patch has {len(patch)} operations; send at most {MOST_OPERATIONS}")
    return [_operation(index, operation, aliases or {}) for index, operation in enumerate(patch)]


def read_pointer(operation: Operation, path: str) -> JsonPointer:
    """Parse `path`, which is of `operation`, as a JSON Pointer. Raises `InvalidBody`."""
    try:
        return JsonPointer(path)
    except JsonPointerException:
        raise InvalidBody(f"{operation.label}: write the path as a JSON Pointer, such as /note/0/text") from None


def _operation(index: int, operation: Any, aliases: Mapping[str, str]) -> Operation:
    if not isinstance(operation, dict):
        raise InvalidBody(f"Operation {index} must be an object with 'op' and 'path'")
    op = _text(index, operation, "op")
    name = aliases.get(op, op)
    if name not in COMPANIONS:
        known_names = ", ".join((*COMPANIONS, *aliases))
        raise InvalidField(f"Operation {index}: '{shorten(op, 60)}' is unknown; the operations are {known_names}")
    path = _text(index, operation, "path")
    if COMPANIONS[name] == "value" and "value" not in operation:
        raise InvalidBody(f"Operation {index} ({name}) has no 'value'")
    source = _text(index, operation, "from") if COMPANIONS[name] == "from" else ""
    return Operation(index, name, path, operation.get("value"), source)


def _text(index: int, operation: Mapping[str, Any], name: str) -> str:
    text = operation.get(name)
    if not isinstance(text, str):
        raise InvalidBody(
            f"Operation {index} has no '{name}'; it is a text"
            if text is None
            else f"Operation {index}: '{name}' must be a text"
        )
    if len(text) > LONGEST_PATH:
        raise InvalidBody(f"Operation {index}: '{name}' has {len(text)} characters; write at most {LONGEST_PATH}")
    return text
