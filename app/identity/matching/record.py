# SPDX-License-Identifier: Apache-2.0
"""A record: the normalised values of a party, extracted once from its document and compared many times."""

from collections.abc import Mapping
from typing import NamedTuple


class Value(NamedTuple):
    """A normalised value. Only values of the same `scope`, such as the type of an identifier, are compared."""

    text: str
    tokens: tuple[str, ...] = ()
    sound: str = ""
    scope: str = ""
    authority: str = ""


Values = tuple[Value, ...]


class Record:
    """The values of a party by the names of attributes, none where there is none that counts."""

    __slots__ = ("resource", "values")

    def __init__(self, resource: str, values: Mapping[str, Values]) -> None:
        self.resource = resource
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and (self.resource, self.values) == (other.resource, other.values)

    def __hash__(self) -> int:
        return hash((self.resource, *self.values.items()))
