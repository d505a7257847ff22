# SPDX-License-Identifier: Apache-2.0
"""Carries what a version cannot show from the stored document before a patch into the one after it."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from app.domain.json_values import equal
from app.domain.mapping.residue import PRIVATE


@dataclass(frozen=True)
class Holders:
    """Stored members, anywhere in a mapping, that hold what an object is about.

    The `id` in an `identifying` member identifies an array element that has no `id` of its own. A `wrapping` member is
    shown unwrapped: with its content beside the other members of the object.
    """

    identifying: tuple[str, ...] = ()
    wrapping: tuple[str, ...] = ()

    def union(self, others: Iterable["Holders"]) -> "Holders":
        """These, and those of `others`, each once."""
        every = [self, *others]
        return Holders(
            tuple(dict.fromkeys(name for each in every for name in each.identifying)),
            tuple(dict.fromkeys(name for each in every for name in each.wrapping)),
        )


NONE = Holders()


def carried_over(before: Any, rendered: Any, after: Any, holders: Holders = NONE) -> Any:
    """`after`, with the parts of `before` that its view hides; `holders` are those of the view.

    All three are in stored shape: `before` as it was stored, `rendered` what is left of it when it goes through the
    view and back, `after` the same for the patched view. What did not change between the last two is taken from
    `before` just as it was. An object that has got another id is another thing: nothing is carried into it.
    """
    if equal(rendered, after):
        return before
    if isinstance(before, dict) and isinstance(rendered, dict) and isinstance(after, dict):
        strangers = _strangers(rendered, after, holders)
        return after if strangers else _members(before, rendered, after, holders)
    if isinstance(before, list) and isinstance(rendered, list) and isinstance(after, list):
        return _elements(before, rendered, after, holders)
    return after


def _members(
    before: dict[str, Any], rendered: dict[str, Any], after: dict[str, Any], holders: Holders
) -> dict[str, Any]:
    beside = frozenset(name for name in before if name not in rendered and name[:1] != "@" and name not in PRIVATE)
    rendered, after = _laid_out(beside, rendered, holders), _laid_out(beside, after, holders)
    hidden = {name: value for name, value in before.items() if name not in rendered and name not in after}
    for name, value in after.items():
        if name in rendered and name in before:
            hidden[name] = carried_over(before[name], rendered[name], value, holders)
        elif name not in rendered or not equal(rendered[name], value):
            hidden[name] = value
    return hidden


def _laid_out(beside: frozenset[str], members: dict[str, Any], holders: Holders) -> dict[str, Any]:
    """`members`, with those that were stored `beside` a wrapped object moved out of that object again."""
    for wrapped in holders.wrapping if beside else ():
        if isinstance(inner := members.get(wrapped), dict) and not beside.isdisjoint(inner):
            outer = {name: value for name, value in inner.items() if name in beside}
            rest = {name: value for name, value in inner.items() if name not in beside}
            members = {**outer, **members, wrapped: rest}
    return members


def _elements(before: list[Any], rendered: list[Any], after: list[Any], holders: Holders) -> list[Any]:
    if len(before) != len(rendered):
        return after
    origins = _origins(rendered, after, holders)
    return [
        carried_over(before[origins[place]], rendered[origins[place]], value, holders) if place in origins else value
        for place, value in enumerate(after)
    ]


def _origins(rendered: list[Any], after: list[Any], holders: Holders) -> dict[int, int]:
    """The index in `rendered` of the origin of each element of `after`, by the index of the latter.

    The same element in the same place, else an equal one, else one with the same id, else what was in that place.
    """

    def by_id(_place: int, value: Any) -> Hashable:
        return identity(value, holders)

    origins: dict[int, int] = {}
    for likeness in (_place_and_content, _content, by_id, _place):
        taken = set(origins.values())
        free: dict[Hashable, deque[int]] = defaultdict(deque)
        for place, value in enumerate(rendered):
            if place not in taken:
                free[likeness(place, value)].append(place)
        for place, value in enumerate(after):
            if place not in origins and (like := likeness(place, value)) is not None and free[like]:
                origins[place] = free[like].popleft()
    return origins


def _place_and_content(place: int, value: Any) -> Hashable:
    return place, _content(place, value)


def _content(_place: int, value: Any) -> Hashable:
    """A hashable copy of a JSON value; copies of equal values are equal."""
    if isinstance(value, dict):
        return frozenset((name, _content(0, each)) for name, each in value.items())
    return tuple(_content(0, each) for each in value) if isinstance(value, list) else value


def _place(place: int, _value: Any) -> Hashable:
    return place


def identity(element: Any, holders: Holders) -> str | None:
    """The id of an array element: its own, else that of what it refers to."""
    if not isinstance(element, dict):
        return None
    if isinstance(element.get("id"), str):
        return str(element["id"])
    return identity(next((element[name] for name in holders.identifying if name in element), None), holders)


def _strangers(one: dict[str, Any], other: dict[str, Any], holders: Holders) -> bool:
    ids = identity(one, holders), identity(other, holders)
    return None not in ids and ids[0] != ids[1]
