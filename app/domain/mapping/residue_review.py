# SPDX-License-Identifier: Apache-2.0
"""Removes from the residue of one version what is no longer true, when another version has changed the document."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.domain.json_values import ABSENT, differing, equal
from app.domain.mapping.residue import MEMORY, surviving
from app.domain.mapping.step import Members, ObjectMapping
from app.domain.mapping.steps import each_object
from app.domain.query.predicates import Path


def without_stale_residue(view: ObjectMapping, before: Members, after: Members) -> Members:
    """`after` without the residue that `view` has of members which the other version has changed; changes neither.

    `after` has each residue just as it was in `before`, which tells the objects that it was carried over to.
    """
    owners = {id(owner[MEMORY]): owner for owner in _remembering(before)}
    return _review(view, owners, after)


def _review(view: ObjectMapping, owners: Mapping[int, Members], after: Members) -> Members:
    within = {name: each_object(partial(_review, inner, owners), after[name]) for name, inner in _within(view, after)}
    reviewed = {**after, **within} if differing(after, within) else after
    memory = reviewed.get(MEMORY)
    if memory is None or id(memory) not in owners:
        # An object without a residue, or with one that this very change has made.
        return reviewed
    bare = {name: value for name, value in reviewed.items() if name != MEMORY}
    left = _valid_residue(view, owners[id(memory)], bare)
    if left == memory:
        return reviewed
    return {**bare, MEMORY: left} if left else bare


def _within(view: ObjectMapping, members: Members) -> list[tuple[str, ObjectMapping]]:
    return [(name, inner) for name, inner in view.within.items() if name in members]


def _valid_residue(view: ObjectMapping, before: Members, after: Members) -> Members:
    """The part of the residue of `before` that is still true when the object is `after`.

    A member is dropped from it when the stored members now show another value for it than before; and when it was
    stored, too, for the other version to show, and is no longer.
    """
    bare = {name: value for name, value in before.items() if name != MEMORY}
    was_shown, is_shown = view.to_version(bare), view.to_version(after)

    def stays(path: Path, remembered: Any) -> bool:
        places = {view.path(path)} if view.path(path)[0] == MEMORY else {path, view.path(path)}
        stored = {place for place in places if equal(_at(bare, place), remembered)}
        return equal(_at(was_shown, path), _at(is_shown, path)) and all(
            equal(_at(after, place), remembered) for place in stored
        )

    return surviving(before[MEMORY], stays)


def _remembering(value: Any) -> Iterator[Members]:
    """The objects that have a residue, at any depth of `value`."""
    if isinstance(value, dict):
        if MEMORY in value:
            yield value
        value = [inner for name, inner in value.items() if name != MEMORY]
    if isinstance(value, list):
        for inner in value:
            yield from _remembering(inner)


def _at(members: Any, path: Path) -> Any:
    for name in path:
        members = members.get(name, ABSENT) if isinstance(members, dict) else ABSENT
    return members
