# SPDX-License-Identifier: Apache-2.0
"""Null members in the body of a create count as absent: serialisers write them for attributes without a value."""

from operator import is_
from typing import Any

from app.domain.json_values import mentions
from app.domain.query.attributes import Attribute

_NULL = b":null"


def without_nulls(members: dict[str, Any], declared: Attribute) -> dict[str, Any]:
    """`members` without those that are null, also in the `declared` objects within; a copy where anything differs.

    Nulls within undeclared members, and within declared ones of any type, stay: they are the client's own data.
    """
    return _present(members, declared) if mentions(members, _NULL) else members


def _present(members: dict[str, Any], declared: Attribute) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, dict | list) and (inner := declared.members.get(name)) and inner.members:
            new = _within(value, inner)
            if new is not value:
                changed[name] = new
        elif value is None:
            changed[name] = None
    return {name: value for name, value in (members | changed).items() if value is not None} if changed else members


def _within(value: Any, declared: Attribute) -> Any:
    if isinstance(value, dict):
        return _present(value, declared)
    if isinstance(value, list):
        elements = [_within(each, declared) for each in value]
        return value if all(map(is_, elements, value)) else elements
    return value
