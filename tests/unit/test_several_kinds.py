# SPDX-License-Identifier: Apache-2.0
"""Which documents of several kinds in one collection are refused at start: those that do not say what all have."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.composition.served_apis import served_apis
from app.errors import DocumentsError
from app.settings import Settings

DOCUMENT = Path(__file__).parents[1] / "contract" / "apis" / "resource-inventory-v4.yaml"
NOT_A_UNION = (
    "should be what its kinds have in common, with a discriminator that maps '@type' to each of them, not a union"
)
KINDS = {
    kind: [{"$ref": f"#/components/schemas/{name}"} for name in ("LogicalResource", "PhysicalResource")]
    for kind in ("oneOf", "anyOf")
}


def refusal(folder: Path, change: Any) -> str:
    """What is said of the document after `change` of its schemas."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    change(document["components"]["schemas"])
    (folder / DOCUMENT.name).write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(DocumentsError) as refused:
        served_apis(Settings(apis=str(folder)))
    (line,) = str(refused.value).splitlines()
    return line.removeprefix(f"{folder / DOCUMENT.name}: ")


@pytest.mark.parametrize("union", KINDS)
@pytest.mark.parametrize("with_discriminator", [False, True])
@pytest.mark.parametrize("view", ["Resource", "Resource_Create"])
def test_a_union_in_the_place_of_a_class_is_refused(
    tmp_path: Path, union: str, with_discriminator: bool, view: str
) -> None:
    def change(schemas: Any) -> None:
        base = [{"$ref": "#/components/schemas/Resource_base"}]
        for name in (view.replace("Resource", "LogicalResource"), view.replace("Resource", "PhysicalResource")):
            schemas[name]["allOf"] = base
        own = {"discriminator": schemas[view]["discriminator"]} if with_discriminator else {}
        own.get("discriminator", {}).get("mapping", {}).pop("Resource", None)
        kinds = [{"$ref": each["$ref"] + view.removeprefix("Resource")} for each in KINDS[union]]
        schemas[view] = {"description": "Either.", union: kinds, **own}

    assert refusal(tmp_path, change) == f"components/schemas/{view}: {NOT_A_UNION}"


def test_a_discriminator_without_a_mapping_is_refused(tmp_path: Path) -> None:
    def change(schemas: Any) -> None:
        schemas["RelatedResource"]["discriminator"] = {"propertyName": "@type"}

    expected = (
        "/components/schemas/RelatedResource/discriminator should have a `mapping`: without one no class is known"
    )
    assert refusal(tmp_path, change).endswith(expected.removeprefix("/"))
