# SPDX-License-Identifier: Apache-2.0
"""The digest of a schema: the same for those that take the same values, another as soon as a rule differs."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from app.spec.schema_digest import ANNOTATIONS, schema_digest
from tests.served import DOCUMENTS

SCHEMAS: dict[str, Any] = DOCUMENTS["customer-v5"]["components"]["schemas"]


def annotated(value: Any) -> Any:
    """A schema, or schemas by name, with each annotation at every schema, and its members in the opposite order."""
    if isinstance(value, list):
        return [annotated(each) for each in value]
    if not isinstance(value, dict):
        return value
    new = {name: annotated(inner) for name, inner in reversed(value.items())}
    return {**new, **dict.fromkeys(ANNOTATIONS, "other")} if {"type", "allOf", "anyOf", "$ref"} & value.keys() else new


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a keyword decides over values: the places of all `type`, `enum`, `required` and `$ref`."""
    for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if step in ("type", "enum", "required", "$ref") and not isinstance(inner, dict):
            yield (*place, step)
        elif isinstance(inner, dict | list):
            yield from places(inner, (*place, step))


def test_annotations_and_the_order_of_members_do_not_matter() -> None:
    names = {name: schema for name, schema in SCHEMAS.items() if "properties" not in schema}
    assert schema_digest({"schemas": names}) == schema_digest({"schemas": annotated(names)})


def test_whatever_decides_over_values_matters() -> None:
    digests = {schema_digest(SCHEMAS)}
    decisive = list(places(SCHEMAS))[::25]
    for place in decisive:
        changed = copy.deepcopy(SCHEMAS)
        inner: Any = changed
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = [*inner[place[-1]], "other"] if isinstance(inner[place[-1]], list) else "other"
        digests.add(schema_digest(changed))
    assert len(digests) == 1 + len(decisive) > 10


@pytest.mark.parametrize("name", sorted(ANNOTATIONS))
def test_an_attribute_that_is_called_like_an_annotation_matters(name: str) -> None:
    declaring = [{"type": "object", "properties": {name: {"type": kind}}} for kind in ("string", "integer")]
    assert len({schema_digest(each) for each in [*declaring, {"type": "object", "properties": {}}]}) == 3
