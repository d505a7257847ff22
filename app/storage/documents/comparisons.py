# SPDX-License-Identifier: Apache-2.0
"""Comparisons as MongoDB query operators on one stored value, all explicit (`$eq`, `$in`, …)."""

import re
from collections.abc import Iterator
from typing import Any

from bson import Regex

from app.domain.query.expressions import in_perl
from app.domain.query.predicates import Condition, Operand, Operator, Perl, Span, Spellings

Operators = dict[str, Any]
"""MongoDB query operators, all of which one value has to satisfy."""

NEVER: Operators = {"$in": []}

_FIRST = (Operator.GTE, Operator.LT)
"""The operators that compare with the first instant of a span; the others compare with the last."""


def comparisons(condition: Condition) -> list[Operators]:
    """The alternatives one of which a value satisfies if the resolved `condition` holds on it.

    For `NE` they are those of equality, which the caller negates.
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
    """The regular expression, in Perl's dialect, of the query to the database."""
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
                # Not as `$regex`, by which searches of clients are recognised: this one terminates soon.
                values.append(Regex(rf"\A(?:{'|'.join(map(_in_any_case, sorted(texts)))})\z"))
            case None:
                operators.append({"$type": "null"})  # In MongoDB, missing equals null.
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
    # MongoDB's case-insensitive search equates other characters, and not the sign of Kelvin with k.
    same = {lower, *(each for each in (lower.upper(), lower.title(), *_SIGNS) if each.lower() == lower)}
    return f"[{''.join(sorted(same))}]" if len(same) > 1 else re.escape(lower)


_SIGNS = ("\N{KELVIN SIGN}", "\N{ANGSTROM SIGN}", "\N{OHM SIGN}", "\N{LATIN CAPITAL LETTER SHARP S}")
"""Characters whose lower case is that of another, more usual, upper-case character."""
