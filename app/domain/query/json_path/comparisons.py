# SPDX-License-Identifier: Apache-2.0
"""Comparisons of a JSONPath, translated into predicates."""

from collections.abc import Callable
from math import isfinite

from jsonpath.filter import (
    BaseExpression,
    FilterExpressionLiteral,
    FunctionExtension,
    InfixExpression,
    Nil,
    RelativeFilterQuery,
)

from app.domain.query.json_path.grammar import SEARCH, NotOffered
from app.domain.query.predicates import Condition, Length, Negation, Operator, Path, Predicate, Value
from app.errors import InvalidQuery, shorten

_OPERATORS = {
    "==": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
    SEARCH: Operator.REGEX,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def comparison_predicate(expression: InfixExpression, path_of: Callable[[RelativeFilterQuery], Path]) -> Predicate:
    """The predicate of the comparison `expression`; `path_of` gives the path of a JSONPath query within it.

    Raises `NotOffered` for what does not compare a path, or its length, with a value, and `InvalidQuery`.
    """
    operator = expression.operator
    if operator not in _OPERATORS:
        raise NotOffered(operator)
    sides = (expression.left, expression.right)
    if _is_literal(expression.left):
        operator, sides = _MIRRORED.get(operator, operator), (expression.right, expression.left)
    match sides:
        case RelativeFilterQuery() as query, (FilterExpressionLiteral() | Nil()) as literal:
            return _condition(path_of(query), operator, _value(literal))
        case FunctionExtension(args=[RelativeFilterQuery() as query]), (FilterExpressionLiteral() | Nil()) as literal:
            return _length(path_of(query), operator, _value(literal))
    raise NotOffered(expression)


def _is_literal(expression: BaseExpression) -> bool:
    return isinstance(expression, FilterExpressionLiteral | Nil)


def _condition(path: Path, operator: str, value: Value) -> Condition:
    if operator in _MIRRORED and (value is None or isinstance(value, bool)):
        raise NotOffered(f"{operator} {'null' if value is None else str(value).lower()}")
    return Condition(path, _OPERATORS[operator], (value,), typed=True)


def _length(path: Path, operator: str, number: Value) -> Predicate:
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise InvalidQuery("A JSONPath compares a length with what is no whole number; write length(@.note) > 2")
    if operator == "!=":
        return Negation(Length(path, Operator.EQ, int(number)))
    return Length(path, _OPERATORS[operator], int(number))


def _value(literal: FilterExpressionLiteral[Value] | Nil) -> Value:
    value = literal.value if isinstance(literal, FilterExpressionLiteral) else None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidQuery(f"A JSONPath compares with {shorten(value, 30)}; write integers of at most 64 bits")
    if isinstance(value, float) and not isfinite(value):
        raise InvalidQuery("A JSONPath compares with a number beyond 1.7e308; write a smaller one")
    return value
