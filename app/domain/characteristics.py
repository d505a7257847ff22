# SPDX-License-Identifier: Apache-2.0
"""Characteristics (TMF630 part 2): checks that the `value` of each is of its `valueType`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.domain import dates
from app.domain.json_pointers import Place, pointer
from app.domain.query.attributes import Attribute
from app.domain.violations import Violation, describe_value
from app.errors import shorten

_PAIR = frozenset({"value", "valueType"})
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_SEPARATORS = str.maketrans("", "", " -_")
_OF_ARRAYS = "array"

Members = list[tuple[str, Attribute]]


@dataclass(frozen=True)
class Kind:
    """A kind of value that a `valueType` names: its name in messages, and the test whether a value is of this kind."""

    name: str
    holds: Callable[[Any], bool]


class Characteristics:
    """Finds the characteristics in the bodies of a resource: the objects that are declared with a `value` and a
    `valueType`. A `valueType` that names no known kind is the client's own, and not checked."""

    def __init__(self, attributes: Attribute) -> None:
        """`attributes` are those of the resource, in the version of the bodies."""
        self._attributes = attributes
        self._leading: dict[int, Members] = {}
        self.concerns = None if _is_pair(attributes) else frozenset(name for name, _ in self._members(attributes))

    def violations(self, body: Any) -> Iterator[Violation]:
        """Every `value` in the body that is not what its `valueType` says."""
        characteristics: list[tuple[Place, dict[str, Any]]] = []
        self._find(self._attributes, body, (), characteristics)
        for place, characteristic in characteristics:
            if (wrong := _violation(characteristic, place)) is not None:
                yield wrong

    def _find(
        self, attribute: Attribute, value: Any, place: Place, characteristics: list[tuple[Place, dict[str, Any]]]
    ) -> None:
        """Append the characteristics within `value`, which stands at `place`, to the list `characteristics`."""
        if isinstance(value, list):
            for index, element in enumerate(value):
                self._find(attribute, element, (*place, index), characteristics)
        elif isinstance(value, dict):
            if not _PAIR.isdisjoint(value) and _is_pair(attribute):
                characteristics.append((place, value))
            for name, member in self._members(attribute):
                if name in value:
                    self._find(member, value[name], (*place, name), characteristics)

    def _members(self, attribute: Attribute) -> Members:
        """The members of an attribute that lead to characteristics; the walk skips all others, which are most."""
        leading = self._leading.get(id(attribute))
        if leading is None:
            leading = [(name, member) for name, member in attribute.members.items() if member.leads_to(_is_pair)]
            self._leading[id(attribute)] = leading
        return leading


@lru_cache(256)
def kind_of(value_type: str) -> Kind | None:
    """The kind that a `valueType` names, in any letter case and with any separators; None for an unknown one."""
    name = value_type.lower().translate(_SEPARATORS)
    of_elements = _KINDS.get(name.removesuffix(_OF_ARRAYS)) if name.endswith(_OF_ARRAYS) else None
    return _array_of(of_elements) if of_elements else _KINDS.get(name)


def _is_pair(attribute: Attribute) -> bool:
    return attribute.members.keys() >= _PAIR


def _violation(characteristic: dict[str, Any], place: Place) -> Violation | None:
    value, value_type = characteristic.get("value"), characteristic.get("valueType")
    kind = kind_of(value_type) if isinstance(value_type, str) else None
    if kind is None or value is None or kind.holds(value):
        return None
    shown_type, got = shorten(value_type, 40), shorten(describe_value(value), 60)
    message = f"must be {kind.name}, as its valueType '{shown_type}' says, not {got}"
    return Violation(pointer((*place, "value")), message, rule=f"{value_type}: {value!r}")


def _array_of(kind: Kind) -> Kind:
    return Kind(
        f"an array whose elements are each {kind.name}",
        lambda value: isinstance(value, list) and all(map(kind.holds, value)),
    )


def _is_spelled(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_whole(value: Any) -> bool:
    return type(value) is int or _is_spelled(_WHOLE, value)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or _is_spelled(_NUMBER, value)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _is_read(read: Callable[[str], object], value: Any) -> bool:
    """Whether `value` is text that `read` parses without a `ValueError`."""
    try:
        return isinstance(value, str) and read(value) is not None
    except ValueError:
        return False


_TEXT = Kind("a text", lambda value: isinstance(value, str))
_INTEGER = Kind("an integer", _is_whole)
_NUMERIC = Kind("a number", _is_number)
_BOOLEAN = Kind("true or false", _is_boolean)
_DATE = Kind("a date like 2024-05-01", lambda value: _is_read(dates.day, value))
_INSTANT = Kind("a date-time like 2024-05-01T10:00:00Z", lambda value: _is_read(dates.instant, value))
_URI = Kind("an absolute URI", lambda value: _is_spelled(_ABSOLUTE_URI, value))

# A number or a boolean may be spelled as text: TM Forum's own samples do so.
_KINDS = {
    **dict.fromkeys(("string", "text", "str"), _TEXT),
    **dict.fromkeys(("integer", "int", "long", "short"), _INTEGER),
    **dict.fromkeys(("number", "numeric", "decimal", "double", "float"), _NUMERIC),
    **dict.fromkeys(("boolean", "bool"), _BOOLEAN),
    "object": Kind("an object", lambda value: isinstance(value, dict)),
    _OF_ARRAYS: Kind("an array", lambda value: isinstance(value, list)),
    "date": _DATE,
    **dict.fromkeys(("datetime", "timestamp"), _INSTANT),
    **dict.fromkeys(("uri", "url"), _URI),
}
