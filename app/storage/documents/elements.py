# SPDX-License-Identifier: Apache-2.0
"""Conditions on an array element itself, rather than on its members, as MongoDB query operators."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from app.domain.query.normal_form import Literal
from app.domain.query.predicates import Condition, Element, Operator
from app.errors import NotSupported
from app.storage.documents.comparisons import Operators, comparisons
from app.storage.documents.filters import characters

ANY_ELEMENT: Operators = {"$exists": True}
SCALAR: Operators = {"$not": {"$type": ["object", "array"]}}
"""The operators for an element that is a scalar."""


def operators(group: Sequence[Literal], kind: str, name: str) -> list[Operators]:
    """The alternatives one of which an element of this `kind` satisfies if all (resolved) conditions of `group` hold.

    `name` is that of the array. Raises `NotSupported` for a condition that MongoDB cannot express on an element.
    """
    each = [_of(literal, kind, name) for literal in group]
    return [_merge_operators(chosen, name) or ANY_ELEMENT for chosen in product(*each)]


def _of(literal: Literal, kind: str, name: str) -> list[Operators]:
    test, holds = literal.test, literal.holds
    if test.path or isinstance(test, Element):
        raise NotSupported(f"'{name}': what an element is and what is within it cannot be asked for together")
    if test.operator is Operator.NE:
        test, holds = replace(test, operator=Operator.EQ), not holds
    if isinstance(test, Condition):
        expressions = comparisons(test)
    elif kind == "string":
        expressions = characters(name, test)
    else:
        raise NotSupported(f"'{name}': the length of an element can be asked for where the elements are texts")
    return expressions if holds else [_merge_operators([_negate(each) for each in expressions], name)]


def _negate(expression: Operators) -> Operators:
    match expression:
        case {"$eq": value}:
            return {"$nin": [value]}
        case {"$in": values}:
            return {"$nin": values}
    return {"$not": expression}


def _merge_operators(expressions: Sequence[Operators], name: str) -> Operators:
    merged: Operators = {}
    for each in expressions:
        for operator, value in each.items():
            if operator in merged and operator != "$nin":
                raise NotSupported(f"'{name}': an element itself cannot be compared with '{operator}' twice")
            merged[operator] = [*merged[operator], *value] if operator in merged else value
    return merged
