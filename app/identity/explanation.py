# SPDX-License-Identifier: Apache-2.0
"""Why two parties may be the same, for people: the levels and weights that matter."""

from app.identity.matching import Comparison
from app.identity.matching.rules import MISSING
from app.storage.identity.suspicions import Weighted


def weighty_levels(compared: Comparison) -> tuple[Weighted, ...]:
    """Attribute, level and weight of a comparison, which sum up to its score; without what is missing and weighs
    nothing."""
    return tuple(each for each in compared.attributes if each[1] != MISSING or each[2])
