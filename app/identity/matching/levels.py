# SPDX-License-Identifier: Apache-2.0
"""Finds the level of an attribute of two records: the first whose comparison holds for a pair of their values."""

from collections.abc import Callable, Mapping

from app.identity.matching.comparisons import COMPARISONS, Comparison, jaro_winkler
from app.identity.matching.record import Value, Values
from app.identity.matching.rules import MISSING, Attribute, Level

MIXED = "mixed"
CROSSINGS: Mapping[str, Callable[[list[bool]], bool]] = {"crossed": all, "halfCrossed": any}
"""Comparisons with another attribute, both ways or one way."""

ValuesByName = Mapping[str, Values]
Pairs = list[tuple[Value, Value]]
Test = Callable[[Pairs, ValuesByName, ValuesByName], bool]
Weighted = tuple[str, str, float]


class AttributeLevels:
    """The levels of an attribute, of which the last one is what holds when none before it does."""

    def __init__(self, attribute: Attribute) -> None:
        self._name = attribute.name
        self._scoped = any(source.scope for source in (*attribute.sources, *attribute.otherwise))
        self._missing: Weighted = (attribute.name, MISSING, attribute.when_missing)
        *levels, last = attribute.levels
        self._levels = [(*_tests(attribute, each), (attribute.name, each.name, each.weight)) for each in levels]
        self._last: Weighted = (attribute.name, last.name, last.weight)

    def level(self, one: ValuesByName, other: ValuesByName) -> Weighted:
        """The name of the attribute, its level, and the weight of that."""
        ones, others = one[self._name], other[self._name]
        if not ones or not others:
            return self._missing
        if len(ones) > 1 or len(others) > 1:
            return self._of_several(_comparable(ones, others), one, other)
        left, right = ones[0], others[0]
        if self._scoped and not _is_comparable(left, right):
            return self._missing
        for agree, test, level in self._levels:
            if agree(left, right) if agree else test([(left, right)], one, other):
                return level
        return self._last

    def _of_several(self, pairs: Pairs, one: ValuesByName, other: ValuesByName) -> Weighted:
        if not pairs:
            return self._missing
        for agree, test, level in self._levels:
            if any(agree(left, right) for left, right in pairs) if agree else test(pairs, one, other):
                return level
        return self._last


def _comparable(ones: Values, others: Values) -> Pairs:
    return [(one, other) for one in ones for other in others if _is_comparable(one, other)]


def _is_comparable(one: Value, other: Value) -> bool:
    """Whether two values are of the same scope, and of the same authority where both name one."""
    return one.scope == other.scope and (one.authority == other.authority or not one.authority or not other.authority)


def _tests(attribute: Attribute, level: Level) -> tuple[Comparison | None, Test]:
    """The comparison of two values; None where the test looks at more than these."""
    if level.compare in CROSSINGS:
        other_name, at_least = level.argument
        return None, _crossing(attribute.name, other_name, at_least, CROSSINGS[level.compare])
    if level.compare == MIXED:
        return None, _is_mixed
    return COMPARISONS[level.compare][0](level.argument), _is_mixed


def _crossing(name: str, other_name: str, at_least: float, quantifier: Callable[[list[bool]], bool]) -> Test:
    """Whether each has in this attribute what the other one has in the other attribute."""
    agree = jaro_winkler(at_least)

    def test(pairs: Pairs, one: ValuesByName, other: ValuesByName) -> bool:
        there = _any_agree(agree, one[name], other[other_name])
        return quantifier([there, _any_agree(agree, one[other_name], other[name])])

    return test


def _any_agree(agree: Comparison, lefts: Values, rights: Values) -> bool:
    if len(lefts) == len(rights) == 1:
        return agree(lefts[0], rights[0])
    return any(agree(left, right) for left in lefts for right in rights)


def _is_mixed(pairs: Pairs, one: ValuesByName, other: ValuesByName) -> bool:
    """Whether values of one scope agree while those of another one do not."""
    agreeing = {left.scope for left, right in pairs if left.text == right.text}
    return bool(agreeing) and any(left.scope not in agreeing for left, _ in pairs)
