# SPDX-License-Identifier: Apache-2.0
"""What a stored object says, as expressions that an aggregation evaluates: conditions on its members, and their values.

`OBJECT` is the object that such an expression is about.
"""

from dataclasses import replace
from functools import reduce
from typing import Any

from app.domain.query.paths import is_index
from app.domain.query.predicates import Condition, Either, Every, Negation, Operator, Path, Predicate
from app.storage.documents.comparisons import expression

Expression = Any
"""Of MongoDB; texts that begin with `$` are paths and variables."""

OBJECT = "$$object"


def value_at(path: Path) -> Expression:
    """The value at a path from `OBJECT` on, which goes through no array; missing where there is none."""
    return reduce(_member, path, OBJECT)


def is_there(value: Expression) -> Expression:
    """Whether a value is not missing."""
    return {"$ne": [{"$type": value}, "missing"]}


def holds(predicate: Predicate) -> Expression:
    """Whether `predicate` holds of `OBJECT`: whether members are there, are one of some values, or match a pattern."""
    match predicate:
        case Condition():
            return _compares(predicate)
        case Negation(part=part):
            return {"$not": [holds(part)]}
        case Every(parts=parts):
            return {"$and": [holds(part) for part in parts]}
        case Either(parts=parts):
            return {"$or": [holds(part) for part in parts]}
        case _:
            raise TypeError(f"no expression is made of {predicate}")


def with_member(value: Expression, way: Path, name: str, member: Expression) -> Expression:
    """`value`, with what `member` says of an `OBJECT` as the member `name` of each object that `way` leads to.

    Arrays on the way stay arrays. A number on the way stands for all elements: only a reader of it chooses.
    """
    inner = _with_member(tuple(step for step in way if not is_index(step)), name, member)
    return {"$let": {"vars": {"object": value}, "in": inner}}


def _compares(condition: Condition) -> Expression:
    match condition.operator:
        case Operator.EXISTS:
            return {"$eq": [is_there(value_at(condition.path)), condition.values[0]]}
        case Operator.EQ:
            return _any_element(condition.path, {"$in": ["$$element", {"$literal": list(condition.values)}]})
        case Operator.NE:
            return {"$not": [_compares(replace(condition, operator=Operator.EQ))]}
        case Operator.REGEX:
            return _any_element(condition.path, {"$or": [_is_matched(expression(each)) for each in condition.values]})
        case _:
            raise TypeError(f"no expression is made of {condition}")


def _with_member(way: Path, name: str, member: Expression) -> Expression:
    """`OBJECT` with that member, or with others for its own member on the `way`; what is no object stays as it is."""
    changed = {way[0]: _each(_member(OBJECT, way[0]), _with_member(way[1:], name, member))} if way else {name: member}
    return {"$cond": [_is_a("object", OBJECT), {"$mergeObjects": [OBJECT, changed]}, OBJECT]}


def _each(value: Expression, changed: Expression) -> Expression:
    """`changed` of a value, or the array of `changed` of each element if it is an array."""
    elements = {"$map": {"input": _elements("$$value"), "as": "object", "in": changed}}
    whole = {"$cond": [{"$isArray": ["$$value"]}, "$$changed", {"$first": "$$changed"}]}
    return {"$let": {"vars": {"value": value}, "in": {"$let": {"vars": {"changed": elements}, "in": whole}}}}


def _any_element(path: Path, test: Expression) -> Expression:
    """Whether `test` holds of the value at a path, or of an element of the array that it is."""
    elements = {"$let": {"vars": {"value": value_at(path)}, "in": _elements("$$value")}}
    return {"$anyElementTrue": [{"$map": {"input": elements, "as": "element", "in": test}}]}


def _elements(variable: str) -> Expression:
    return {"$cond": [{"$isArray": [variable]}, variable, [variable]]}


def _is_matched(pattern: str) -> Expression:
    found = {"$regexMatch": {"input": "$$element", "regex": {"$literal": pattern}}}
    return {"$and": [_is_a("string", "$$element"), found]}


def _is_a(kind: str, value: Expression) -> Expression:
    return {"$eq": [{"$type": value}, kind]}


def _member(value: Expression, name: str) -> Expression:
    return {"$getField": {"field": {"$literal": name}, "input": value}}
