# SPDX-License-Identifier: Apache-2.0
"""Filters that name the id of what was merged into another find what names the survivor by now (eTOM 1.3.4)."""

from collections.abc import Callable, Set
from dataclasses import replace

from app.domain.query.predicates import Condition, Either, Element, Every, Negation, Operator, Predicate

Survivors = Callable[[str], Set[str]]
"""The ids of what had this id, of any resource, and was merged into another."""


def naming_survivors(predicate: Predicate, survivors: Survivors) -> Predicate:
    """The predicate with the survivors beside each id that a condition on an `id` equals, or does not equal.

    The id itself stays: it may be that of something else, too.
    """
    match predicate:
        case Condition():
            return _naming_survivors(predicate, survivors)
        case Element(path=path, holds=holds):
            return Element(path, naming_survivors(holds, survivors))
        case Negation(part=part):
            return Negation(naming_survivors(part, survivors))
        case Every(parts=parts) | Either(parts=parts):
            return type(predicate)(tuple(naming_survivors(part, survivors) for part in parts))
    return predicate


def _naming_survivors(condition: Condition, survivors: Survivors) -> Condition:
    if condition.resolved or condition.path[-1] != "id" or condition.operator not in (Operator.EQ, Operator.NE):
        return condition
    ids = [value for value in condition.values if isinstance(value, str)]
    if not condition.typed:  # Quotes may be none of the value.
        ids += [id[1:-1] for id in ids if len(id) > 1 and id[0] == id[-1] == '"']
    others = sorted({other for id in ids for other in survivors(id)})
    return replace(condition, values=(*condition.values, *others)) if others else condition
