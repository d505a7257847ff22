# SPDX-License-Identifier: Apache-2.0
"""Extracts a record from a stored party document: its values, normalised, without placeholders."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.identity.matching.kinds import KINDS, as_text
from app.identity.matching.normal_forms import fold_text
from app.identity.matching.record import Record, Value, Values
from app.identity.matching.rules import Attribute, Placeholder, RuleSet, Source

MOST_VALUES = 12
"""How many values of an attribute count: comparing takes the product of those of both."""

MOST_CHARACTERS = 256
"""How much of a text counts: comparing takes the product of the lengths of both."""

FIRST, LAST = WORDS = ("first", "last")


def extract_record(rules: RuleSet, document: Mapping[str, Any]) -> Record:
    """The record of a document in the stored shape."""
    objects = ObjectsByPath(document)
    values = {each.name: _values(each, objects) for each in rules.attributes}
    for placeholder in rules.placeholders:
        values = _without(placeholder, values)
    return Record(rules.resource, {name: of[:MOST_VALUES] for name, of in values.items()})


class ObjectsByPath(dict[tuple[str, ...], list[Mapping[str, Any]]]):
    """The objects at the end of each path that was asked for, in arrays and out of them: most attributes share one."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__()
        self._document = document

    def __missing__(self, path: tuple[str, ...]) -> list[Mapping[str, Any]]:
        absent = path and path[0] not in self._document
        self[path] = found = [] if absent else _objects(self._document, path)
        return found


def _values(attribute: Attribute, objects: ObjectsByPath) -> Values:
    found = {value for source in attribute.sources for value in _of_source(attribute, source, objects)}
    if not found:
        found = {value for source in attribute.otherwise for value in _of_source(attribute, source, objects)}
    return tuple(sorted(found))


def _of_source(attribute: Attribute, source: Source, objects: ObjectsByPath) -> list[Value]:
    values = []
    one = source.leaves[0] if len(source.leaves) == 1 else ""
    for parent in objects[source.parents]:
        text = as_text(parent.get(one)) if one else _joined_text(parent, source)
        if text and source.word:
            text = _word(text, source.word)
        if text and (value := KINDS[attribute.kind](text[:MOST_CHARACTERS], attribute.options)):
            if source.scope or source.authority:
                scope, authority = (
                    fold_text(as_text(parent.get(name))) if name else "" for name in (source.scope, source.authority)
                )
                value = value._replace(scope=scope, authority=authority)
            values.append(value)
    return values


def _joined_text(parent: Mapping[str, Any], source: Source) -> str:
    return " ".join(filter(None, (as_text(parent.get(leaf)) for leaf in source.leaves)))


def _objects(value: Any, path: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """The objects at the end of a path, in arrays and out of them."""
    objects = [value]
    for name in (*path, ""):
        within: list[Any] = []
        for each in objects:
            within += _elements(each) if isinstance(each, list) else [each]
        objects = [each for each in within if isinstance(each, dict)]
        if name:
            objects = [each[name] for each in objects if name in each]
    return objects


def _elements(array: list[Any]) -> Iterator[Any]:
    for each in array:
        if isinstance(each, list):
            yield from _elements(each)
        else:
            yield each


def _word(text: str, which: str) -> str:
    """The first words of a full name or its last one, which stands first where a comma follows it."""
    family, comma, given = text.partition(",")
    if not comma:
        given, _, family = text.strip().rpartition(" ")
    return given if which == FIRST else family


def _without(placeholder: Placeholder, values: dict[str, Values]) -> dict[str, Values]:
    for name, pattern in placeholder.patterns.items():
        if not any(pattern.fullmatch(value.text) for value in values[name]):
            return values  # All of them must have one.
    counting = {
        name: tuple(value for value in values[name] if not pattern.fullmatch(value.text))
        for name, pattern in placeholder.patterns.items()
    }
    return {**values, **counting}
