# SPDX-License-Identifier: Apache-2.0
"""Defaults on create: what a new document gets where the client leaves it out (`x-created` in the OpenAPI document)."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from app.domain import dates
from app.domain.query.attributes import DATE_TIME, Attribute

Document = dict[str, Any]
Path = tuple[str, ...]

NOW = "now"
"""The declared value of a date-time, or of a text that holds a date, that stands for the instant of the create."""

_LAST_CHANGE = re.compile(
    r"(last(update|modified|modification|change)|update|modified|modification)d?(on|at|date|time|datetime)?",
    re.IGNORECASE,
)
_STATE_CHANGE = re.compile(r"(?P<state>\w*(status|state))(change)?(date|time|datetime)", re.IGNORECASE)
_WHEN = re.compile(r"\w+(Date|Time|DateTime)")


def says_last_change(name: str) -> bool:
    """Whether an attribute of this name says when its document last changed: `lastUpdate`, `modifiedDate`."""
    return _LAST_CHANGE.fullmatch(name) is not None


def says_when(name: str) -> bool:
    """Whether a text of this name holds a date: `serviceDate`, `lastUpdate`."""
    return _WHEN.fullmatch(name) is not None or says_last_change(name)


def dated_state(name: str) -> str | None:
    """The attribute whose last change an attribute of this `name` dates: `status` for `statusChangeDate`; else None."""
    found = _STATE_CHANGE.fullmatch(name)
    return found["state"] if found else None


@dataclass(frozen=True)
class CreateDefaults:
    """`constants` are values by the path of the attribute, `instants` the attributes that get the time of the create,
    and `texts` those that get it as text.

    What their name says to be the time of the last change also gets that of each change; the date of a state, that of
    each change of this state. A path leads into objects, and into each element of an array.
    """

    constants: Mapping[Path, Any] = field(default_factory=dict)
    instants: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    @classmethod
    def read(cls, declared: Mapping[str, Any], attributes: Attribute) -> "CreateDefaults":
        """The defaults `declared` for a resource with these stored `attributes`, which decide what `now` becomes."""
        members = attributes.members
        now = {name for name, value in declared.items() if value == NOW and name in members and not members[name].array}
        instants = frozenset(name for name in now if members[name].kind == DATE_TIME)
        texts = frozenset(name for name in now if members[name].kind == "string" and says_when(name))
        others = {name: value for name, value in declared.items() if name not in instants | texts}
        return cls({tuple(name.split(".")): value for name, value in others.items()}, instants, texts)

    def complete(self, document: Document, at: datetime) -> None:
        """Add the defaults that a new document, created `at` this instant, lacks. Changes `document`."""
        for name in self.instants:
            document.setdefault(name, at)
        for name in self.texts:
            document.setdefault(name, dates.text(at))
        for path, value in self.constants.items():
            if len(path) == 1 or path[0] in document:
                document |= _with_default(document, path, partial(copy.deepcopy, value))

    def touch(self, before: Document, document: Document, at: datetime) -> None:
        """Set the times of the last change in `document`, which changed `at` this instant from `before`."""
        for name in self.change_times:
            document[name] = self._time(name, at)
        for name, state in self._state_times.items():
            if document.get(state) != before.get(state):
                document[name] = self._time(name, at)

    def untouch(self, before: Document, after: Document) -> None:
        """Restore the time of the last change in `after` to that of `before`: a patch cannot set it."""
        for name in self.change_times:
            if name in before:
                after[name] = before[name]
            else:
                after.pop(name, None)

    def _time(self, name: str, at: datetime) -> datetime | str:
        return dates.text(at) if name in self.texts else at

    @cached_property
    def change_times(self) -> list[str]:
        """The attributes with the time of the last change."""
        return [name for name in self.instants | self.texts if says_last_change(name)]

    @cached_property
    def _state_times(self) -> dict[str, str]:
        return {name: state for name in self.instants | self.texts if (state := dated_state(name))}


def _with_default(node: Any, path: Sequence[str], default: Callable[[], Any]) -> Any:
    """`node` with the default added to each object at `path` that lacks it; shares what is not changed."""
    if isinstance(node, list):
        return [_with_default(element, path, default) for element in node]
    if not isinstance(node, dict):
        return node
    name, *rest = path
    if not rest:
        return node if name in node else {**node, name: default()}
    return {**node, name: _with_default(node[name], rest, default)} if name in node else node
