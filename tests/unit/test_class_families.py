# SPDX-License-Identifier: Apache-2.0
"""Which classes an object of a collection is not of, by what the documents of its API say."""

from typing import Any

import pytest

from app.apis import APIS
from app.spec.bundle import bundle
from app.spec.class_families import foreign_classes


def composed(*names: str, **more: Any) -> dict[str, Any]:
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"} for name in names], **more}


def choosing(*names: str) -> dict[str, Any]:
    return {"propertyName": "@type", "mapping": {name: f"#/components/schemas/{name}" for name in names}}


SCHEMAS = {
    "Entity": {"type": "object"},
    "Vehicle": composed("Entity", discriminator=choosing("Vehicle", "Car", "Ship")),
    "Car": composed("Vehicle"),
    "Racer": {"allOf": [{"type": "object"}, {"allOf": composed("Car")["allOf"]}]},
    "Ship": composed("Vehicle"),
    "House": composed("Entity"),
    "Thing": {"anyOf": [], "discriminator": choosing("Car", "House")},
    "Note": {"type": "object"},
}


@pytest.mark.parametrize(
    ("resource", "resources", "foreign"),
    [
        ("Car", ["Car"], {"House", "Thing", "Note"}),
        ("Car", ["Car", "Ship"], {"House", "Thing", "Note", "Ship"}),
        ("Vehicle", ["Vehicle"], {"House", "Thing", "Note"}),
        ("House", ["House", "Plane"], {"Vehicle", "Car", "Racer", "Ship", "Thing", "Note", "Plane"}),
    ],
)
def test_the_family_is_what_is_composed_with_it_and_what_its_base_chooses_from(
    resource: str, resources: list[str], foreign: set[str]
) -> None:
    assert foreign_classes([{"components": {"schemas": SCHEMAS}}], resource, resources) == frozenset(foreign)


@pytest.mark.parametrize("api", [api for api in APIS if api.rules], ids=lambda api: str(api.name))
def test_no_resource_of_an_api_is_foreign_to_itself_and_each_is_to_the_others(api: Any) -> None:
    documents = [bundle(version.document) for version in api.versions.values()]
    for name in api.rules:
        assert foreign_classes(documents, name, api.rules) & api.rules.keys() == api.rules.keys() - {name}
