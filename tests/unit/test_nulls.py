# SPDX-License-Identifier: Apache-2.0
"""Null in the body of a create is absence: serializers write nulls for what is not there."""

from copy import deepcopy
from typing import Any

import pytest

from app.composition.api_resources import api_versions
from app.domain.nulls import without_nulls
from app.resources.create import validated_body
from app.resources.resource import Resource
from app.settings import Settings
from tests.contract.documents import V4, V5

RESOURCES: dict[tuple[str, str], Resource] = {
    (f"{part.contract.api.name}-{part.contract.version}", name): resource
    for part in api_versions(Settings(mongodb_uri="mongodb://127.0.0.1"))
    for name, resource in part.resources.items()
}
CREATES = [
    pytest.param(RESOURCES[each.document, each.resource], each.creates["full"], id=str(each)) for each in (*V4, *V5)
]


def with_nulls(value: Any, declared: Any) -> Any:
    """The same with a null for each member that is declared and missing, and for one that is not declared."""
    if isinstance(value, list):
        return [with_nulls(each, declared) for each in value]
    if not isinstance(value, dict) or not declared.members:
        return value
    nulls = dict.fromkeys([*(declared.members.keys() - value.keys()), "remark"])
    within = {name: with_nulls(inner, declared.members.get(name) or declared) for name, inner in value.items()}
    return {**nulls, **within}


@pytest.mark.parametrize(("resource", "body"), CREATES)
def test_a_null_is_absent_wherever_it_stands(resource: Resource, body: dict[str, Any]) -> None:
    sent = with_nulls(body, resource.attributes)
    assert sent != body
    before = deepcopy(sent)
    assert validated_body(resource, without_nulls(sent, resource.attributes)) == validated_body(resource, body)
    assert sent == before


def test_a_null_in_open_content_is_data() -> None:
    resource = RESOURCES["party-v4", "Individual"]
    body = {"givenName": "L", "familyName": "L", "remark": {"x": None}, "title": None, "other": None}
    assert without_nulls(body, resource.attributes) == {"givenName": "L", "familyName": "L", "remark": {"x": None}}


def test_a_body_without_nulls_is_shared() -> None:
    body = {"givenName": "L", "contactMedium": [{"mediumType": "email", "characteristic": {"city": "x"}}]}
    assert without_nulls(body, RESOURCES["party-v4", "Individual"].attributes) is body
