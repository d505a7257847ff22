# SPDX-License-Identifier: Apache-2.0
"""Namesakes of two versions: members that one of them declares and the other does not, found in their documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema_rs import Draft7Validator

from app.domain import dates
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.namesakes import Fits, Namesakes, never
from app.domain.mapping.native import NativeMapping
from app.domain.mapping.step import ObjectMapping
from app.domain.mapping.steps import each_object
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path
from app.errors import InvalidField
from app.spec.compiling import JsonSchemas, compile_schema
from app.spec.schemas import Schemas

_ADDRESS = frozenset({"id", "href"})
_ANY_NAME = "\0"


@dataclass(frozen=True)
class Side:
    """A resource in one version: its `document`, the attributes that this declares, and the mapping (`view`)."""

    resource: str
    document: Mapping[str, Any]
    schemas: Schemas
    view: VersionMapping

    @property
    def attributes(self) -> Attribute:
        return self.schemas.tree(self.resource)


def namesakes(older: Side, newer: Side) -> tuple[Namesakes, Namesakes]:
    """The namesakes of a resource in the views of both versions; the shape of `newer` is the stored one."""
    search = _Search(older, newer)
    search.object((), older.attributes)
    return search.of_older.build(), search.of_newer.build()


def views_of(sides: Sequence[Side]) -> list[VersionMapping]:
    """The mappings of `sides`, that of the stored shape last, which keep namesakes apart."""
    if len(sides) != 2 or not isinstance(sides[1].view, NativeMapping):
        return [side.view for side in sides]
    of_older, of_newer = namesakes(*sides)
    older = sides[0].view.keeping_apart(of_older)
    return [older, sides[1].view.keeping_apart(of_newer, older)]


class _Search:
    def __init__(self, older: Side, newer: Side) -> None:
        self._older = older
        self._newer = newer
        self.of_older = _Place()
        self.of_newer = _Place()

    def object(self, shown: Path, declared: Attribute) -> None:
        """Search the object at the path `shown` of the older version, and the objects within."""
        stored = self._older.view.path(shown)
        landing = self._older.view.path((*shown, _ANY_NAME))[:-1]
        beside, within = _at(self._newer.attributes, stored), _at(self._newer.attributes, landing)
        if beside is None or within is None:
            return
        self._undeclared_in_older(shown, landing, declared, within)
        for place, attribute in {stored: beside, landing: within}.items():
            self._undeclared_in_newer(shown, place, declared, attribute)
        for name, inner in declared.members.items():
            if inner.members:
                self.object((*shown, name), inner)

    def _undeclared_in_older(self, shown: Path, landing: Path, declared: Attribute, beyond: Attribute) -> None:
        for name in self._names(shown, beyond, declared):
            if self._older.view.path((*shown, name)) == (*landing, name):
                self.of_older.at(shown).fits[name] = _Fit(self._newer, (*landing, name))
                self.of_newer.at(landing)

    def _undeclared_in_newer(self, shown: Path, place: Path, declared: Attribute, beyond: Attribute) -> None:
        for name in self._names(shown, declared, beyond):
            means_the_same = all(
                self._older.view.path((*shown, *path)) == (*place, *path)
                for path in [(name,), *((name, inner) for inner in declared.members[name].members)]
            )
            self.of_newer.at(place).fits[name] = _Fit(self._older, (*shown, name)) if means_the_same else never
            self.of_older.at(shown)

    @staticmethod
    def _names(shown: Path, declared: Attribute, undeclared: Attribute) -> list[str]:
        return sorted(declared.members.keys() - undeclared.members.keys() - (frozenset() if shown else _ADDRESS))


class _Place:
    """The namesakes found in one object, and in those within."""

    def __init__(self) -> None:
        self.fits: dict[str, Fits] = {}
        self._within: dict[str, _Place] = {}

    def at(self, path: Path) -> "_Place":
        """The place of the object at `path`."""
        return self._within.setdefault(path[0], _Place()).at(path[1:]) if path else self

    def build(self) -> Namesakes:
        return Namesakes(self.fits, {name: place.build() for name, place in self._within.items()})


class _Fit:
    """The test whether the version of `side` may show a value unchanged at `path`: its schema allows it."""

    def __init__(self, side: Side, path: Path) -> None:
        self._side = side
        self._path = path

    def __call__(self, value: Any) -> bool:
        written = dates.with_text_dates(value)
        return any(each.is_valid(written) for each in self._validators) and self._is_typed(value) and self._shows(value)

    @cached_property
    def _validators(self) -> list[Draft7Validator]:
        # Compiled late, as hardly any client sends such members.
        declared = self._side.schemas.declaring_schemas(self._side.resource, self._path)
        json_schemas = JsonSchemas(self._side.document)
        return [compile_schema(json_schemas.schema(schema)) for schema in declared]

    def _is_typed(self, value: Any) -> bool:
        attribute = _at(self._side.attributes, self._path)
        try:
            return attribute is not None and attribute.with_instants(value) is not None
        except InvalidField:
            return False

    def _shows(self, value: Any) -> bool:
        view: ObjectMapping | None = self._side.view
        for name in self._path:
            view = view.within.get(name) if view else None
        return view is None or bool(each_object(view.to_version, value) == value)


def _at(attribute: Attribute, path: Path) -> Attribute | None:
    for name in path:
        if name not in attribute.members:
            return None
        attribute = attribute.members[name]
    return attribute
