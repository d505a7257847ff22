# SPDX-License-Identifier: Apache-2.0
"""Decides what a stored value has to be so that a comparison holds: explicit operators of MongoDB."""

import re
from collections.abc import Iterator
from typing import Any

from bson import Regex

from app.domain.query.expressions import in_perl
from app.domain.query.predicates import Condition, Operand, Operator, Perl, Span, Spellings

Operators = dict[str, Any]
"""Operators of MongoDB, all of which one and the same value has to meet."""

NEVER: Operators = {"$in": []}

_FIRST = (Operator.GTE, Operator.LT)
"""The orders in which the first instant of a span decides."""


def comparisons(condition: Condition) -> list[Operators]:
    """The operators one of which a value meets where it compares as `condition`, which is resolved, says.

    For `NE` they are those of a value that equals one of the given.
    """
    match condition.operator:
        case Operator.EQ | Operator.NE:
            return _equal(condition.values)
        case Operator.REGEX:
            return [{"$regex": expression(value)} for value in condition.values]
        case Operator.EXISTS:
            return [{"$exists": value} for value in condition.values]
        case _:
            return list(_order_operators(condition))


def expression(operand: Operand) -> str:
    """The regular expression that the database is asked for."""
    return str(operand) if isinstance(operand, Perl) else in_perl(str(operand))


def _equal(operands: tuple[Operand, ...]) -> list[Operators]:
    values: list[Any] = []
    operators: list[Operators] = []
    for each in operands:
        match each:
            case Span(first=first, last=last) if first < last:
                operators.append({"$gte": first, "$lte": last})
            case Span(first=first):
                values.append(first)
            case Spellings(texts=texts):
                # Not as `$regex`: it is no search of a client's, and ends soon.
                values.append(Regex(rf"\A(?:{'|'.join(map(_in_any_case, sorted(texts)))})\z"))
            case None:
                operators.append({"$type": "null"})  # To equal null is to be missing, too.
            case _:
                values.append(each)
    if values:
        operators.append({"$in": values} if len(values) > 1 or isinstance(values[0], Regex) else {"$eq": values[0]})
    return operators


def _order_operators(condition: Condition) -> Iterator[Operators]:
    for value in condition.values:
        bound = value if not isinstance(value, Span) else value.first if condition.operator in _FIRST else value.last
        has_order = bound is not None and not isinstance(bound, bool)
        yield {f"${condition.operator}": bound} if has_order else NEVER


def _in_any_case(text: str) -> str:
    """A regular expression for the texts that are `text` in lower case."""
    return "".join(_letter(each) for each in text)


def _letter(lower: str) -> str:
    # The database's own disregard of letter case takes others for the same, and not the sign of Kelvin for a k.
    same = {lower, *(each for each in (lower.upper(), lower.title(), *_SIGNS) if each.lower() == lower)}
    return f"[{''.join(sorted(same))}]" if len(same) > 1 else re.escape(lower)


_SIGNS = ("\N{KELVIN SIGN}", "\N{ANGSTROM SIGN}", "\N{OHM SIGN}", "\N{LATIN CAPITAL LETTER SHARP S}")
"""Upper-case characters that are not the usual ones of their lower case."""
