# SPDX-License-Identifier: Apache-2.0
"""What the server gives a new document where the client leaves it out (`x-created` in its OpenAPI document)."""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from app.domain.query.attributes import DATE_TIME, Attribute

Document = dict[str, Any]

NOW = "now"
"""In a declaration of a date-time: the instant of the create."""

_LAST_CHANGE = re.compile(
    r"(last(update|modified|modification|change)|update|modified|modification)d?(on|at|date|time|datetime)?",
    re.IGNORECASE,
)


def says_last_change(name: str) -> bool:
    """Whether an attribute of this name says when its document last changed: `lastUpdate`, `modifiedDate`."""
    return _LAST_CHANGE.fullmatch(name) is not None


@dataclass(frozen=True)
class CreateDefaults:
    """`constants` are values by the name of the attribute, `instants` the attributes that get the time of the create.

    Those of the latter whose name says so also get the time of each change.
    """

    constants: Mapping[str, Any] = field(default_factory=dict)
    instants: frozenset[str] = frozenset()

    @classmethod
    def read(cls, declared: Mapping[str, Any], attributes: Attribute) -> "CreateDefaults":
        """What is `declared` of a resource with these stored `attributes`: `now` is an instant in a date-time."""
        members = attributes.members
        dates = {name for name, attribute in members.items() if attribute.kind == DATE_TIME and not attribute.array}
        instants = frozenset(name for name, value in declared.items() if value == NOW and name in dates)
        return cls({name: value for name, value in declared.items() if name not in instants}, instants)

    def complete(self, document: Document, at: datetime) -> None:
        """Give a new document, created `at` this instant, what it lacks."""
        for name in self.instants:
            document.setdefault(name, at)
        for name, value in self.constants.items():
            if name not in document:
                document[name] = copy.deepcopy(value)

    def touch(self, document: Document, at: datetime) -> None:
        """Note in the document that it changed `at` this instant."""
        for name in self._change_times:
            document[name] = at

    def untouch(self, before: Document, after: Document) -> None:
        """Let the time of the last change be what it was: a patch cannot set it."""
        for name in self._change_times:
            if name in before:
                after[name] = before[name]
            else:
                after.pop(name, None)

    @cached_property
    def _change_times(self) -> list[str]:
        return [name for name in self.instants if says_last_change(name)]
