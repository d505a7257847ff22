# SPDX-License-Identifier: Apache-2.0
"""MongoDB aggregation expressions on a stored object: values of its members, and conditions on them.

`OBJECT` is the variable of the object.
"""

from dataclasses import replace
from functools import reduce
from typing import Any

from app.domain.query.paths import is_index
from app.domain.query.predicates import Condition, Either, Every, Negation, Operator, Path, Predicate
from app.storage.documents.comparisons import expression

Expression = Any
"""An aggregation expression; in it, texts that begin with `$` are paths and variables."""

OBJECT = "$$object"


def value_at(path: Path) -> Expression:
    """The expression of the value at a path from `OBJECT` on, which crosses no array; missing where there is none."""
    return reduce(_member, path, OBJECT)


def is_there(value: Expression) -> Expression:
    """The expression of whether a value is there: not missing."""
    return {"$ne": [{"$type": value}, "missing"]}


def holds(predicate: Predicate) -> Expression:
    """The expression of whether `predicate`, on existence, values or patterns of members, holds on `OBJECT`."""
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
    """The expression of `value` with the member `name`, computed by `member`, in each object that `way` leads to.

    Arrays on the way stay arrays. An index on the way stands for all elements, of which a reader chooses.
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
    """The expression of `OBJECT` with that member added, in itself or further on the `way`; other values stay."""
    changed = {way[0]: _each(_member(OBJECT, way[0]), _with_member(way[1:], name, member))} if way else {name: member}
    return {"$cond": [_is_a("object", OBJECT), {"$mergeObjects": [OBJECT, changed]}, OBJECT]}


def _each(value: Expression, changed: Expression) -> Expression:
    """The expression that applies `changed` to a value, or to each element if it is an array."""
    elements = {"$map": {"input": _elements("$$value"), "as": "object", "in": changed}}
    whole = {"$cond": [{"$isArray": ["$$value"]}, "$$changed", {"$first": "$$changed"}]}
    return {"$let": {"vars": {"value": value}, "in": {"$let": {"vars": {"changed": elements}, "in": whole}}}}


def _any_element(path: Path, test: Expression) -> Expression:
    """The expression of whether `test` holds on the value at a path, or on an element if it is an array."""
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
