# SPDX-License-Identifier: Apache-2.0
"""Clients are told of classes that need not be named as of a choice; what must be named keeps its discriminator."""

import pytest

from app.spec.bundle import bundle, names
from app.spec.operations import METHODS
from app.spec.optional_classes import with_optional_classes
from app.spec.schemas import PREFIX, Schemas, component_name, discriminator_mapping

DOCUMENTS = {name: bundle(name) for name in names()}
PLAIN = PREFIX + "PartyInteraction_Create"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_body_has_a_discriminator_by_what_may_be_left_out_and_no_class_is_lost(name: str) -> None:
    own, told = DOCUMENTS[name], with_optional_classes(DOCUMENTS[name])
    for path, item in own["paths"].items():
        for method in item.keys() & set(METHODS):
            for kind, content in item[method].get("requestBody", {}).get("content", {}).items():
                told_of = told["paths"][path][method]["requestBody"]["content"][kind]["schema"]
                stated = content["schema"]
                schema = own["components"]["schemas"][component_name(stated)] if "$ref" in stated else {}
                classes = set(discriminator_mapping(schema).values())
                if not classes or schema["discriminator"]["propertyName"] in Schemas(own).required_members(schema):
                    assert told_of == stated
                    continue
                assert {each["$ref"] for each in told_of["anyOf"]} == classes
                assert "discriminator" not in told["components"]["schemas"][component_name(stated)]


def test_an_interaction_of_version_4_names_its_class_if_it_likes() -> None:
    told = with_optional_classes(DOCUMENTS["party-interaction-v4"])
    schema = told["paths"]["/partyInteraction"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["anyOf"] == [{"$ref": PLAIN}, {"$ref": PREFIX + "TrackedInteraction_Create"}]
    assert "discriminator" in DOCUMENTS["party-interaction-v4"]["components"]["schemas"]["PartyInteraction_Create"]
