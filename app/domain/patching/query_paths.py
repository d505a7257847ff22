# SPDX-License-Identifier: Apache-2.0
"""Paths of a JSON Patch Query: tells JSONPath, conditions after `?`, and plain JSON Pointers apart."""

from dataclasses import dataclass
from typing import Any

from jsonpointer import EndOfList, JsonPointer

from app.domain.patching.conditions import ConditionalPath, Location, read_conditions
from app.domain.patching.json_path import JsonPath, read_json_path
from app.domain.patching.json_path_grammar import Grammar
from app.domain.patching.operations import Operation, read_pointer
from app.domain.patching.work import Work
from app.domain.query.json_path.grammar import NotOffered
from app.errors import InvalidBody, InvalidField, shorten


@dataclass(frozen=True)
class PlainPath:
    """The one value at a JSON Pointer, with the indexes of array elements."""

    pointer: JsonPointer

    def locations(self, document: Any, work: Work, creating: bool) -> list[Location]:
        """Where the value is, if it exists; with `creating`, where it would be."""
        found = None if creating else self.pointer.resolve(document, EndOfList([]))
        return [] if isinstance(found, EndOfList) else [tuple(self.pointer.parts)]


QueryPath = PlainPath | ConditionalPath | JsonPath


def read_path(operation: Operation, path: str, grammar: Grammar, work: Work) -> QueryPath:
    """Parse `path`, which is of `operation`. Raises `InvalidBody`; `InvalidField` naming an unsupported construct."""
    before, mark, after = path.partition("?")
    rooted = path.startswith("/") or not path
    try:
        if not rooted or (before.endswith("[") and after.startswith("(")):
            return read_json_path(path, grammar, work)
        return read_conditions(path) if mark else PlainPath(read_pointer(operation, path))
    except NotOffered as construct:
        raise InvalidField(f"{operation.label}: '{shorten(construct, 60)}' is not supported in conditions") from None
    except ValueError as wrong:
        raise InvalidBody(f"{operation.label}: {wrong}") from None
