# SPDX-License-Identifier: Apache-2.0
"""Matching rules as they are declared: attributes, levels with weights, vetoes, blocks, placeholders, thresholds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.identity.matching.kinds import KindOptions

CERTAIN, POSSIBLE, NO = GRADES = ("certain", "possible", "no")
"""What two records are, from the best to the least: the same, perhaps the same, not the same."""

MISSING = "missing"
"""The level of an attribute that one of the two does not have."""


Conditions = Mapping[str, frozenset[str]]
"""Levels that attributes should have, one of several each."""


@dataclass(frozen=True)
class Source:
    """Where values come from: attributes of an object, joined, or one word of them; of a `scope` within which they
    identify, and whose authority they are."""

    parents: tuple[str, ...]
    leaves: tuple[str, ...]
    word: str = ""
    scope: str = ""
    authority: str = ""


@dataclass(frozen=True)
class Level:
    """A level of agreement: the weight is the binary logarithm of how much likelier it is of one party than of two."""

    name: str
    weight: float
    compare: str = ""
    argument: Any = None


@dataclass(frozen=True)
class Attribute:
    """An attribute: its sources, those that count `otherwise`, where these have nothing, and its levels in order."""

    name: str
    kind: str
    options: KindOptions
    sources: tuple[Source, ...]
    otherwise: tuple[Source, ...]
    levels: tuple[Level, ...]
    when_missing: float


@dataclass(frozen=True)
class Veto:
    """A veto: a pair gets no better grade than `cap` when all of `when` hold, unless all of one of `unless` do."""

    name: str
    cap: str
    when: Conditions
    unless: tuple[Conditions, ...]


@dataclass(frozen=True)
class BlockPart:
    """A part of a blocking key: values of attributes, of all together or of any of them, in a short form."""

    attributes: tuple[str, ...]
    together: bool
    form: str


@dataclass(frozen=True)
class Block:
    """A blocking key: what two records have the same of to be compared. A record without a part of it has no key."""

    name: str
    parts: tuple[BlockPart, ...]


@dataclass(frozen=True)
class Placeholder:
    """Values that never count: of each of these attributes one that fits its pattern, when all of them have one."""

    patterns: Mapping[str, re.Pattern[str]]


@dataclass(frozen=True)
class RuleSet:
    """The rules for a resource."""

    resource: str
    certain: float
    possible: float
    attributes: tuple[Attribute, ...]
    vetoes: tuple[Veto, ...]
    blocks: tuple[Block, ...]
    placeholders: tuple[Placeholder, ...]
