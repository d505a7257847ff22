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
    values = {each.name: _values(each, document) for each in rules.attributes}
    for placeholder in rules.placeholders:
        values = _without(placeholder, values)
    return Record(rules.resource, {name: of[:MOST_VALUES] for name, of in values.items()})


def _values(attribute: Attribute, document: Mapping[str, Any]) -> Values:
    found = {value for source in attribute.sources for value in _of_source(attribute, source, document)}
    if not found:
        found = {value for source in attribute.otherwise for value in _of_source(attribute, source, document)}
    return tuple(sorted(found))


def _of_source(attribute: Attribute, source: Source, document: Mapping[str, Any]) -> Iterator[Value]:
    one = source.leaves[0] if len(source.leaves) == 1 else ""
    for parent in _objects(document, source.parents):
        text = as_text(parent.get(one)) if one else _joined_text(parent, source)
        if text and source.word:
            text = _word(text, source.word)
        if text and (value := KINDS[attribute.kind](text[:MOST_CHARACTERS], attribute.options)):
            scope, authority = (
                fold_text(as_text(parent.get(name))) if name else "" for name in (source.scope, source.authority)
            )
            yield value._replace(scope=scope, authority=authority)


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
    if not all(values[name] for name in placeholder.patterns):  # All of them must have one.
        return values
    counting = {
        name: tuple(value for value in values[name] if not pattern.fullmatch(value.text))
        for name, pattern in placeholder.patterns.items()
    }
    if any(counting[name] == values[name] for name in counting):
        return values
    return {**values, **counting}
