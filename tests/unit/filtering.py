# SPDX-License-Identifier: Apache-2.0
"""Filters applied to plain documents in few words, for the tests of their meaning."""

from typing import Any

import pytest

from app.domain.query.matching import matches
from app.domain.query.predicates import Condition, Operator, Value
from app.domain.query.query import parse_query
from app.errors import TmfError

DOCUMENTS: list[dict[str, Any]] = [
    {"id": "1", "status": "x", "n": 5, "note": [{"author": "P", "text": "t1"}, {"author": "Q", "text": "t2"}]},
    {"id": "2", "status": "y", "n": 10, "note": []},
    {"id": "3", "status": "x,y", "n": 7},
]


def found(raw: str, documents: list[dict[str, Any]] = DOCUMENTS) -> list[str]:
    """The ids of the documents that the query string asks for."""
    where = parse_query(raw).where
    return [document["id"] for document in documents if matches(where, document)]


def typed(path: str, operator: Operator, *values: Value) -> Condition:
    """A comparison with JSON values at a path with dots; the empty one is the element itself."""
    return Condition(tuple(path.split(".")) if path else (), operator, values, typed=True)


def equal(name: str, *values: str) -> Condition:
    """An equality as a query string has it, at a path with dots."""
    return Condition(tuple(name.split(".")), Operator.EQ, values)


def refused(raw: str) -> TmfError:
    """What the query string is refused with."""
    with pytest.raises(TmfError) as refusal:
        parse_query(raw)
    return refusal.value
