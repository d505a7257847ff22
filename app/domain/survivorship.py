# SPDX-License-Identifier: Apache-2.0
"""Survivorship: what the survivor of a merge has of each attribute, of its own and of the duplicate's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.json_values import ABSENT, equal

Document = dict[str, Any]

SURVIVOR, DUPLICATE, NEWEST, FILL, UNION = RULES = ("survivor", "duplicate", "newest", "fill", "union")
"""Whose value an attribute has: the survivor's; the duplicate's; that of the one that was changed last; the survivor's,
or the duplicate's where it has none; or both, of arrays."""


@dataclass(frozen=True)
class Survivorship:
    """The rule of each attribute in `rules`; of others it is `union` for arrays, and `fill` else."""

    rules: Mapping[str, str] = field(default_factory=dict)

    def unite(
        self, survivor: Document, duplicate: Document, *, newest_is_duplicate: bool, fixed: Collection[str]
    ) -> Document:
        """The document of the survivor after the merge; attributes in `fixed` stay as they are."""
        united = dict(survivor)
        for name, theirs in duplicate.items():
            if name in fixed:
                continue
            if name not in survivor:
                if self.rules.get(name) != SURVIVOR:
                    united[name] = theirs
            else:
                united[name] = self._value(name, survivor[name], theirs, newest_is_duplicate)
        return united

    def _value(self, name: str, ours: Any, theirs: Any, newest_is_duplicate: bool) -> Any:
        arrays = isinstance(ours, list) and isinstance(theirs, list)
        rule = self.rules.get(name, UNION if arrays else FILL)
        if rule == UNION and arrays:
            return [*ours, *(each for each in theirs if not _has(ours, each))]
        return theirs if rule == DUPLICATE or (rule == NEWEST and newest_is_duplicate) else ours


def divide(current: Document, before: Document, after: Document) -> tuple[Document, list[str]]:
    """The document of a survivor without what a merge brought, which changed attributes from `before` to `after`; and
    the names of those that were changed since, and so stay.

    Of an array the elements of the duplicate are taken out; what came later stays.
    """
    divided, changed = dict(current), []
    for name in sorted({*before, *after}):
        value = _former(current.get(name, ABSENT), before.get(name, ABSENT), after.get(name, ABSENT))
        if value is _CHANGED:
            changed.append(name)
        elif value is ABSENT:
            divided.pop(name, None)
        else:
            divided[name] = value
    return divided, changed


_CHANGED = object()


def _former(current: Any, before: Any, after: Any) -> Any:
    if current is after or equal(current, after):
        return before
    own = [] if before is ABSENT else before
    if not (isinstance(current, list) and isinstance(after, list) and isinstance(own, list)):
        return _CHANGED
    brought = [each for each in after if not _has(own, each)]
    if not all(_has(current, each) for each in brought):
        return _CHANGED
    left = [each for each in current if not _has(brought, each)]
    return left if left or before is not ABSENT else ABSENT


def _has(elements: list[Any], value: Any) -> bool:
    return any(equal(each, value) for each in elements)
