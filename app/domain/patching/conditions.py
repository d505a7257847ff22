# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query in the notation of TMF630 part 5: finds values by conditions on the elements of arrays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from jsonpointer import JsonPointer, JsonPointerException

from app.domain.patching.work import Work
from app.domain.query.matching import equals

Names = tuple[str, ...]
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Condition:
    """The condition `names=text` on a value; with `rooted` the names lead from the document, else from an element."""

    names: Names
    text: str
    rooted: bool = True


@dataclass(frozen=True)
class ConditionalPath:
    """A path of `names`, without indexes, that leads through the array elements on which all conditions hold."""

    names: Names
    conditions: tuple[Condition, ...]

    def locations(self, document: Any, work: Work, creating: bool) -> list[Location]:
        """Where the values are; with `creating`, also where only the last name is missing."""
        prefix = _array(document, self.names)
        rooted = [
            condition if condition.rooted else Condition(prefix + condition.names, condition.text)
            for condition in self.conditions
        ]
        search = _Search(work, creating)
        return list(search.locations(document, self.names, rooted)) if search.holds(document, rooted) else []


def read_conditions(path: str) -> ConditionalPath:
    """Parse `path`: a JSON Pointer, `?`, and conditions `name=value` joined with `&`.

    A condition names its attribute from the document, with dots or as a JSON Pointer, or from the element of the
    first array on the path. Raises `ValueError` with what would be right.
    """
    pointer, _, conditions = path.partition("?")
    names = _parse_pointer(pointer)
    return ConditionalPath(names, tuple(_condition(pair, names) for pair in conditions.split("&")))


class _Search:
    def __init__(self, work: Work, creating: bool) -> None:
        self._work = work
        self._creating = creating

    def locations(
        self, value: Any, names: Names, conditions: Sequence[Condition], at: Location = ()
    ) -> Iterator[Location]:
        """Every place below `value`, itself `at`, that `names` lead to and `conditions` do not exclude."""
        if isinstance(value, list) and (names or conditions):
            for index, element in enumerate(value):
                if self.holds(element, conditions):
                    yield from self.locations(element, names, conditions, (*at, index))
        elif not names:
            yield at
        elif isinstance(value, Mapping) and names[0] in value:
            name, rest = names[0], names[1:]
            yield from self.locations(value[name], rest, _by_head(conditions).get(name, ()), (*at, name))
        elif isinstance(value, Mapping) and self._creating and len(names) == 1:
            yield (*at, names[0])

    def holds(self, value: Any, conditions: Sequence[Condition]) -> bool:
        """Whether all of `conditions` hold on `value`, or on one and the same element of an array."""
        self._work.spend(1 + len(conditions))
        if isinstance(value, list) and conditions:
            return any(self.holds(element, conditions) for element in value)
        own_conditions = [condition for condition in conditions if not condition.names]
        return all(equals(value, condition.text) for condition in own_conditions) and all(
            isinstance(value, Mapping) and name in value and self.holds(value[name], below)
            for name, below in _by_head(conditions).items()
        )


def _by_head(conditions: Sequence[Condition]) -> dict[str, list[Condition]]:
    heads: dict[str, list[Condition]] = {}
    for condition in conditions:
        if condition.names:
            heads.setdefault(condition.names[0], []).append(Condition(condition.names[1:], condition.text))
    return heads


def _array(document: Any, names: Names) -> Names:
    """The leading `names` as far as the first array on the path; all but the last when the path meets no array."""
    value = document
    for length, name in enumerate(names, start=1):
        value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return names[:length]
    return names[:-1]


def _condition(pair: str, path: Names) -> Condition:
    name, equal, text = map(_percent_decode, pair.partition("="))
    if not (name and equal):
        raise ValueError("write conditions as name=value, joined with '&', and '&' within a value as %26")
    if name.startswith("/"):
        return Condition(_parse_pointer(name), text)
    names = tuple(name.split("."))
    return Condition(names, text, rooted=names[0] == path[0])


def _parse_pointer(pointer: str) -> Names:
    try:
        names = tuple(JsonPointer(pointer).parts)
    except JsonPointerException:
        names = ()
    if not names:
        raise ValueError("write a JSON Pointer without indexes before '?', such as /note/text?note.author=John Doe")
    return names


def _percent_decode(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("percent-encode conditions as UTF-8") from None
