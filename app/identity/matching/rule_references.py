# SPDX-License-Identifier: Apache-2.0
"""Checks what a rule set refers to: attributes, their levels, and comparisons and forms that fit their kinds."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.identity.matching.levels import CROSSINGS
from app.identity.matching.rules import MISSING, Attribute, BlockPart, Veto

NAMES = frozenset({"name", "organizationName"})
FITTING: Mapping[str, frozenset[str]] = {
    "phonetic": NAMES,
    "tokens": NAMES | {"words"},
    "contains": NAMES | {"words"},
    **dict.fromkeys(("initial", "vowelEnding", "rhyme"), frozenset({"name"})),
    **dict.fromkeys(CROSSINGS, frozenset({"name"})),
    "mixed": frozenset({"identifier"}),
    "suffix": frozenset({"phone", "code", "identifier"}),
    "sameLocalPart": frozenset({"email"}),
    "sameDomain": frozenset({"email"}),
    **dict.fromkeys(("dayAndMonthSwapped", "oneDigit", "sameYear", "sameDayAndMonth"), frozenset({"date"})),
    "sound": NAMES,
    "words": NAMES | {"words"},
    **dict.fromkeys(("year", "dayAndMonth", "digits"), frozenset({"date"})),
}
"""The kinds of attributes for comparisons and forms that are not for all."""

Attributes = Mapping[str, Attribute]


def wrong_references(content: Mapping[str, Any]) -> Iterator[str]:
    """What a rule set refers to in vain, with its place. Its parts have their shape."""
    attributes: Attributes = content["attributes"]
    for name, attribute in attributes.items():
        yield from _at_place(f"attributes.{name}.levels.", _of_levels(attribute, attributes))
    for name, veto in content["vetoes"].items():
        yield from _at_place(f"vetoes.{name}.", _of_veto(veto, attributes))
    for index, parts in enumerate(content["blocks"]):
        for part in parts:
            yield from _at_place(f"blocks.{index}: ", _of_block(part, attributes))
    for index, placeholder in enumerate(content["placeholders"]):
        yield from _at_place(f"placeholders.{index}: ", _unknown(placeholder, attributes))


def _at_place(place: str, problems: Iterator[str]) -> Iterator[str]:
    return (place + problem for problem in problems)


def _unknown(names: Any, attributes: Attributes) -> Iterator[str]:
    for name in names:
        if name not in attributes:
            yield f"'{name}' is no attribute: there are {', '.join(attributes)}"


def _unfit(what: str, attribute: Attribute) -> Iterator[str]:
    if attribute.kind not in FITTING.get(what, {attribute.kind}):
        yield f"'{what}' is for {' and '.join(sorted(FITTING[what]))}, and not for {attribute.kind}"


def _of_levels(attribute: Attribute, attributes: Attributes) -> Iterator[str]:
    names: set[str] = set()
    for index, level in enumerate(attribute.levels):
        if level.name in names | {MISSING}:
            yield f"{index}.level: '{level.name}' is there already"
        names.add(level.name)
        if bool(level.compare) == (index == len(attribute.levels) - 1):
            yield f"{index}.compare: each level should have one, but the last, which is what else there is"
        for problem in _unfit(level.compare, attribute):
            yield f"{index}.compare: {problem}"
        if level.compare in CROSSINGS:
            for problem in _of_crossed(level.argument[0], attribute, attributes):
                yield f"{index}.with: {problem}"


def _of_crossed(other: str, attribute: Attribute, attributes: Attributes) -> Iterator[str]:
    yield from _unknown([other], attributes)
    if other in attributes and (other == attribute.name or attributes[other].kind != attribute.kind):
        yield f"'{other}' should be another attribute of kind {attribute.kind}"


def _of_veto(veto: Veto, attributes: Attributes) -> Iterator[str]:
    unless = [(f"unless.{index}", conditions) for index, conditions in enumerate(veto.unless)]
    for part, conditions in [("when", veto.when), *unless]:
        for problem in _unknown(conditions, attributes):
            yield f"{part}: {problem}"
        for name, levels in conditions.items():
            there = [level.name for level in attributes[name].levels] if name in attributes else sorted(levels)
            for level in sorted(levels.difference(there, [MISSING])):
                yield f"{part}.{name}: '{level}' is no level: there are {', '.join([*there, MISSING])}"


def _of_block(part: BlockPart, attributes: Attributes) -> Iterator[str]:
    yield from _unknown(part.attributes, attributes)
    for name in part.attributes:
        if name in attributes:
            yield from _unfit(part.form, attributes[name])
