# SPDX-License-Identifier: Apache-2.0
"""Compares two records: a level and a weight for each attribute, their sum, the vetoes that capped it, the grade."""

from dataclasses import dataclass

from app.identity.matching.levels import AttributeLevels, Weighted
from app.identity.matching.record import Record
from app.identity.matching.rules import CERTAIN, GRADES, NO, POSSIBLE, Conditions, RuleSet, Veto


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two records are, and why: of each attribute its name, level and weight, which sum up to the score, and the
    vetoes that capped the grade. No value of either record is in it."""

    grade: str
    score: float
    attributes: tuple[Weighted, ...]
    vetoes: tuple[str, ...]


class Comparer:
    """Compares records by the rules for a resource."""

    def __init__(self, rules: RuleSet) -> None:
        self._certain, self._possible = rules.certain, rules.possible
        self._vetoes = rules.vetoes
        self._attributes = [AttributeLevels(each) for each in rules.attributes]

    def compare(self, one: Record, other: Record) -> Comparison:
        weighted = tuple([each.level(one.values, other.values) for each in self._attributes])
        score = 0.0
        for _, _, weight in weighted:
            score += weight
        if score < self._possible:
            return Comparison(NO, score, weighted, ())
        return self._grade_under_vetoes(CERTAIN if score >= self._certain else POSSIBLE, score, weighted)

    def _grade_under_vetoes(self, grade: str, score: float, weighted: tuple[Weighted, ...]) -> Comparison:
        levels = {name: level for name, level, _ in weighted}
        worse = GRADES[GRADES.index(grade) + 1 :]
        capping = [veto for veto in self._vetoes if veto.cap in worse and applies(veto, levels)]
        if capping:
            grade = max((veto.cap for veto in capping), key=GRADES.index)
        return Comparison(grade, score, weighted, tuple([veto.name for veto in capping]))


def applies(veto: Veto, levels: dict[str, str]) -> bool:
    """Whether a veto speaks against a pair with these levels."""
    if not _hold(veto.when, levels):
        return False
    for each in veto.unless:  # noqa: SIM110 # a generator takes twice as long
        if _hold(each, levels):
            return False
    return True


def _hold(conditions: Conditions, levels: dict[str, str]) -> bool:
    for name, of in conditions.items():  # noqa: SIM110
        if levels[name] not in of:
            return False
    return True
