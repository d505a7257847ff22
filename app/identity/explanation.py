# SPDX-License-Identifier: Apache-2.0
"""Why two parties may be the same, for people: the levels and weights that matter."""

from app.identity.matching import Comparison, Rules
from app.identity.matching.rules import MISSING
from app.storage.identity.suspicions import SuspectedPair, Weighted


def weighty_levels(compared: Comparison) -> tuple[Weighted, ...]:
    """Attribute, level and weight of a comparison, which sum up to its score; without what is missing and weighs
    nothing."""
    return tuple(each for each in compared.attributes if each[1] != MISSING or each[2])


def suspected_pair(rules: Rules, resource: str, one: str, other: str, compared: Comparison) -> SuspectedPair:
    """The pair of two parties of a resource, by ids, that may be the same by this comparison."""
    first, second = sorted((one, other))
    return SuspectedPair(
        resource,
        first,
        second,
        compared.grade,
        compared.score,
        weighty_levels(compared),
        compared.vetoes,
        rules.version,
        rules.digest,
    )
