# SPDX-License-Identifier: Apache-2.0
"""Resolves predicates by the declared attributes: the one check for lists, hubs, topics and exports (ADR 0022)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from app.domain.dates import NO_DAY
from app.domain.query.attributes import ANY, ANYTHING, DATE_TIME, Attribute
from app.domain.query.matching import number, span
from app.domain.query.paths import is_index
from app.domain.query.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Index,
    Negation,
    Operand,
    Operator,
    Path,
    Predicate,
    Value,
)
from app.errors import InvalidQuery, NotSupported, shorten

Spelt = Callable[[Path, str], str]
"""Gives the spelling in stored documents of a text that is compared with the attribute at a path."""

_EQUALITY = (Operator.EQ, Operator.NE)
_NUMBERS = ("integer", "number")
_MOMENTS = "2024-05-01T10:00:00Z or 2024-05-01"


def as_it_is(_path: Path, text: str) -> str:
    """The text itself."""
    return text


def resolve(predicate: Predicate, attributes: Attribute, spelt: Spelt = as_it_is) -> Predicate:
    """`predicate` with every operand parsed by the type of the declared attribute that it is compared with.

    Raises `InvalidQuery` for an attribute that is not declared, and for a comparison that no value of it can satisfy,
    so that a mistake gets an error and no empty list. Conditions that are resolved already stay as they are.
    """
    return _Resolution(attributes, spelt).of(predicate, ())


class _Resolution:
    def __init__(self, attributes: Attribute, spelt: Spelt) -> None:
        self._attributes = attributes
        self._spelt = spelt

    def of(self, predicate: Predicate, above: Path) -> Predicate:
        """The resolved predicate, whose paths begin at the path `above`."""
        match predicate:
            case Condition():
                self._check_indexes(above, (*above, *predicate.path))
                return predicate if predicate.resolved else self._condition(predicate, (*above, *predicate.path))
            case Element(path=path, holds=holds):
                whole = (*above, *path)
                self._check_indexes(above, whole)
                self._check_array(path, whole)
                return Element(path, self.of(holds, whole))
            case Negation(part=part):
                return Negation(self.of(part, above))
            case Every(parts=parts):
                return Every(tuple(self.of(part, above) for part in parts))
            case Either(parts=parts):
                return Either(tuple(self.of(part, above) for part in parts))
        self._check_indexes(above, (*above, *predicate.path))
        return predicate

    def _condition(self, condition: Condition, whole: Path) -> Condition:
        attribute, name = self._attributes.along(whole)[-1], shorten(".".join(whole), 100)
        if condition.operator is Operator.EXISTS:
            return condition
        if condition.values != (None,):
            _refuse_operator(condition.operator, attribute, whole, name)
        if condition.operator is Operator.REGEX:
            return condition
        read = _Reading(attribute, name, condition, lambda text: self._spelt(whole, text))
        values = tuple(operand for value in condition.values for operand in read.operands(value))
        return replace(condition, values=values, typed=True, resolved=True)

    def _check_array(self, path: Path, whole: Path) -> None:
        array, name = self._attributes.along(whole)[-1], shorten(".".join(whole), 100)
        if not path:
            raise NotSupported(f"'{name}': elements of arrays within arrays cannot be asked for")
        # Of undeclared attributes, only arrays have elements.
        if not array.array and array.kind in ("object", ANY) and array is not ANYTHING:
            raise NotSupported(f"'{name}[…]' asks for members of an object whatever their names; that is not supported")
        if not (array.array or array is ANYTHING):
            raise InvalidQuery(f"'{name}' is no array; conditions in brackets look at the elements of one")

    def _check_indexes(self, above: Path, whole: Path) -> None:
        """Raise `NotSupported` for an index that the database might also take for the name of a member."""
        passed = self._attributes.along(whole)
        for place in range(len(above), len(whole)):
            is_of_array = place > len(above) and passed[place - 1].array and not is_index(whole[place - 1])
            if isinstance(whole[place], Index) and not is_of_array:
                name = shorten(".".join(whole[:place]), 100)
                raise NotSupported(f"'{name}[{whole[place]}]': what is numbered may be no array; that is not supported")


class _Reading:
    """Parses the values of one condition on the attribute called `name`."""

    def __init__(self, attribute: Attribute, name: str, condition: Condition, spelt: Callable[[str], str]) -> None:
        self._attribute = attribute
        self._name = name
        self._typed = condition.typed
        self._equality = condition.operator in _EQUALITY
        self._spelt = spelt

    def operands(self, value: Operand) -> Iterator[Operand]:
        """The operands that a value may mean: several where the attribute is of any type. Raises `InvalidQuery`.

        Double quotes around a value in a query string may be none of it: `name="x"` asks for `x`, and for `"x"`.
        """
        assert isinstance(value, Value), "what is resolved is not resolved again"
        bare = _within_quotes(value) if isinstance(value, str) and self._equality and not self._typed else None
        if bare is None:
            yield from self._typed_operands(value)
            return
        yield from self._typed_operands(bare)
        if self._attribute.kind in ("string", ANY) and not self._attribute.terms:
            yield self._spelt(str(value))

    def _typed_operands(self, value: Value) -> Iterator[Operand]:
        kind = self._attribute.kind
        if value is None:
            yield None
        elif kind == ANY:
            yield from self._anything(value)
        elif kind == DATE_TIME:
            yield self._moment(value)
        elif kind == "boolean":
            yield self._boolean(value)
        elif kind in _NUMBERS:
            yield self._number(value)
        else:
            yield self._text(value)

    def _anything(self, value: Value) -> Iterator[Operand]:
        yield self._spelt(value) if isinstance(value, str) else value
        if isinstance(value, str) and not self._typed:
            spelt_number = number(value)
            if spelt_number is not None:
                yield spelt_number
            if value in ("true", "false"):
                yield value == "true"

    def _moment(self, value: Value) -> Operand:
        if not isinstance(value, str):
            raise InvalidQuery(f"'{self._name}' is a date-time, not {_in_words(value)}; write it like {_MOMENTS}")
        try:
            return span(value)
        except ValueError as wrong:
            is_written_right = str(wrong).startswith(NO_DAY)
            why = str(wrong) if is_written_right else f"'{shorten(value, 60)}' should be like {_MOMENTS}"
            raise InvalidQuery(f"'{self._name}' is a date-time: {why}") from None

    def _boolean(self, value: Value) -> Operand:
        if isinstance(value, bool):
            return value
        if self._typed or value not in ("true", "false"):
            raise InvalidQuery(f"'{self._name}' is true or false, not {_in_words(value)}")
        return value == "true"

    def _number(self, value: Value) -> Operand:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        operand = value if is_number else None if self._typed else number(str(value))
        if operand is None:
            raise InvalidQuery(f"'{self._name}' is a number, not {_in_words(value)}")
        return operand

    def _text(self, value: Value) -> Operand:
        if not isinstance(value, str):
            raise InvalidQuery(f"'{self._name}' is a text, not {_in_words(value)}; write it in quotes")
        text = self._spelt(value)
        terms = self._attribute.terms
        return terms.value(text, self._name) if terms and self._equality else text


def _refuse_operator(operator: Operator, attribute: Attribute, whole: Path, name: str) -> None:
    """Raise `InvalidQuery` when no value of the attribute can be compared in that way."""
    kind = attribute.kind
    if operator is Operator.REGEX and kind not in ("string", ANY):
        raise InvalidQuery(f"'{name}' is {_a(attribute)}; regular expressions are for text")
    if kind == "object":
        within = sorted(attribute.members, key=lambda each: (each.startswith("@"), each)) or ["<attribute>"]
        members = shorten(", ".join(within), 300)
        raise InvalidQuery(
            f"'{name}' is {_a(attribute)}; compare an attribute within it, as {name}.{within[0]}: {members}"
        )
    if operator not in _EQUALITY and kind == "boolean":
        raise InvalidQuery(f"'{name}' is {_a(attribute)} and has no order; compare it with '=' or '.ne'")
    if operator not in _EQUALITY and whole[-1] == "href":
        by_id = name.removesuffix("href") + "id"
        raise InvalidQuery(f"'{name}' is compared with '=' and '.ne' only; filter by '{by_id}'")


def _a(attribute: Attribute) -> str:
    if attribute.array:
        return f"an array of {attribute.kind}s"
    return f"an {attribute.kind}" if attribute.kind[0] in "aio" else f"a {attribute.kind}"


def _within_quotes(text: str) -> str | None:
    """What stands within double quotes around a text; None where there are none."""
    return text[1:-1] if len(text) > 1 and text.startswith('"') and text.endswith('"') else None


def _in_words(value: Value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{shorten(text, 60)}'"
