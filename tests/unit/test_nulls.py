# SPDX-License-Identifier: Apache-2.0
"""Null in the body of a create is absence: serializers write nulls for what is not there."""

from copy import deepcopy
from typing import Any

import pytest

from app.domain.nulls import without_nulls
from app.resources.create import validated_body
from tests.contract.documents import COLLECTIONS, Collection
from tests.served import RESOURCES


def with_nulls(value: Any, declared: Any) -> Any:
    """The same with a null for each member that is declared and missing, and for one that is not declared."""
    if isinstance(value, list):
        return [with_nulls(each, declared) for each in value]
    if not isinstance(value, dict) or not declared.members:
        return value
    nulls = dict.fromkeys([*(declared.members.keys() - value.keys()), "remark"])
    within = {name: with_nulls(inner, declared.members.get(name) or declared) for name, inner in value.items()}
    return {**nulls, **within}


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
def test_a_null_is_absent_wherever_it_stands(collection: Collection) -> None:
    resource, body = RESOURCES[collection.resource, collection.version], collection.creates["full"]
    sent = with_nulls(body, resource.attributes)
    assert sent != body
    before = deepcopy(sent)
    assert validated_body(resource, without_nulls(sent, resource.attributes)) == validated_body(resource, body)
    assert sent == before


def test_a_null_in_open_content_is_data() -> None:
    resource = RESOURCES["Individual", "v4"]
    body = {"givenName": "L", "familyName": "L", "remark": {"x": None}, "title": None, "other": None}
    assert without_nulls(body, resource.attributes) == {"givenName": "L", "familyName": "L", "remark": {"x": None}}


def test_a_body_without_nulls_is_shared() -> None:
    body = {"givenName": "L", "contactMedium": [{"mediumType": "email", "characteristic": {"city": "x"}}]}
    assert without_nulls(body, RESOURCES["Individual", "v4"].attributes) is body
