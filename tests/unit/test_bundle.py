# SPDX-License-Identifier: Apache-2.0
"""The bundler: many files in, one document out that refers to nothing but itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.apis import APIS
from app.errors import StartError
from app.spec.bundle import BundleError, bundle, names, write
from app.spec.optional_classes import with_optional_classes

Files = dict[str, dict[str, Any]]

TREE = {
    "properties": {"branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
}


def folder_of(tmp_path: Path, files: Files) -> Path:
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def root(*references: str, **more: Any) -> dict[str, Any]:
    """A document whose operations refer to `references`."""
    return {"openapi": "3.0.3", "paths": {"/tree": {"get": [{"$ref": reference} for reference in references]}}, **more}


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references_in(inner)


def test_a_schema_of_another_file_is_brought_in_under_its_own_name(tmp_path: Path) -> None:
    files = {
        "tree-v4.yaml": root("shared/v4.yaml#/components/schemas/Leaf"),
        "shared/v4.yaml": {"components": {"schemas": {"Leaf": {"type": "string"}, "Root": {"type": "string"}}}},
    }
    document = bundle("tree-v4", folder_of(tmp_path, files))
    assert document["paths"]["/tree"]["get"] == [{"$ref": "#/components/schemas/Leaf"}]
    assert document["components"] == {"schemas": {"Leaf": {"type": "string"}}}


def test_what_a_shared_file_refers_to_comes_along(tmp_path: Path) -> None:
    files = {
        "tree-v4.yaml": root("shared/v4.yaml#/components/schemas/Tree"),
        "shared/v4.yaml": {
            "components": {
                "schemas": {
                    "Tree": {"properties": {"leaf": {"$ref": "#/components/schemas/Leaf"}}},
                    "Leaf": {"properties": {"colour": {"$ref": "common.yaml#/components/schemas/Colour"}}},
                }
            }
        },
        "shared/common.yaml": {"components": {"schemas": {"Colour": {"type": "string"}}}},
    }
    document = bundle("tree-v4", folder_of(tmp_path, files))
    assert set(document["components"]["schemas"]) == {"Tree", "Leaf", "Colour"}
    assert document["components"]["schemas"]["Leaf"]["properties"]["colour"] == {"$ref": "#/components/schemas/Colour"}


@pytest.mark.parametrize("place", ["tree-v4.yaml", "shared/v4.yaml"])
def test_a_schema_may_refer_to_itself(tmp_path: Path, place: str) -> None:
    files: Files = {"tree-v4.yaml": root(f"{place}#/components/schemas/Tree"), "shared/v4.yaml": {"components": {}}}
    files[place]["components"] = {"schemas": {"Tree": TREE}}
    assert bundle("tree-v4", folder_of(tmp_path, files))["components"]["schemas"]["Tree"] == TREE


@pytest.mark.parametrize("section", ["parameters", "responses", "headers", "requestBodies", "examples"])
def test_every_section_of_components_can_be_shared(tmp_path: Path, section: str) -> None:
    files = {
        "tree-v4.yaml": root(f"shared/common.yaml#/components/{section}/Id"),
        "shared/common.yaml": {"components": {section: {"Id": {"description": "shared"}}}},
    }
    document = bundle("tree-v4", folder_of(tmp_path, files))
    assert document["components"] == {section: {"Id": {"description": "shared"}}}


def test_a_name_that_means_two_things_is_refused_naming_both_files(tmp_path: Path) -> None:
    files = {
        "tree-v4.yaml": root(
            "shared/v4.yaml#/components/schemas/Tree", components={"schemas": {"Leaf": {"type": "integer"}}}
        ),
        "shared/v4.yaml": {
            "components": {"schemas": {"Tree": {"allOf": [{"$ref": "#/components/schemas/Leaf"}]}, "Leaf": {}}}
        },
    }
    with pytest.raises(BundleError, match=r"schemas/Leaf of shared/v4\.yaml, but tree-v4\.yaml means something else"):
        bundle("tree-v4", folder_of(tmp_path, files))


LEAVES = {
    "schemas": {
        "Tree": {"allOf": [{"$ref": "#/components/schemas/Leaf"}]},
        "Leaf": {"type": "string"},
    }
}


def test_a_document_may_put_its_own_in_the_place_of_what_is_shared(tmp_path: Path) -> None:
    own = {"x-replaces": "shared/v4.yaml", "type": "integer"}
    files = {
        "tree-v4.yaml": root("shared/v4.yaml#/components/schemas/Tree", components={"schemas": {"Leaf": own}}),
        "elm-v4.yaml": root("shared/v4.yaml#/components/schemas/Tree"),
        "shared/v4.yaml": {"components": LEAVES},
    }
    folder = folder_of(tmp_path, files)
    assert bundle("tree-v4", folder)["components"]["schemas"] == LEAVES["schemas"] | {"Leaf": {"type": "integer"}}
    assert bundle("elm-v4", folder)["components"] == LEAVES


@pytest.mark.parametrize(
    ("replaced", "told"),
    [
        ("shared/v9.yaml", "v9.yaml does not exist"),
        ("shared/v5.yaml", "shared/v5.yaml has no components/schemas/Leaf"),
        ("shared/other.yaml", "tree-v4.yaml means something else"),
    ],
)
def test_what_is_replaced_must_be_there_and_be_what_is_asked_for(tmp_path: Path, replaced: str, told: str) -> None:
    own = {"x-replaces": replaced, "type": "integer"}
    files = {
        "tree-v4.yaml": root("shared/v4.yaml#/components/schemas/Tree", components={"schemas": {"Leaf": own}}),
        "shared/v4.yaml": {"components": LEAVES},
        "shared/v5.yaml": {"components": {"schemas": {}}},
        "shared/other.yaml": {"components": LEAVES},
    }
    with pytest.raises(BundleError) as refused:
        bundle("tree-v4", folder_of(tmp_path, files))
    assert told in str(refused.value)


def test_one_name_in_two_sections_is_no_collision(tmp_path: Path) -> None:
    files = {
        "tree-v4.yaml": root(
            "shared/v4.yaml#/components/schemas/Tree", components={"responses": {"Tree": {"description": "A tree"}}}
        ),
        "shared/v4.yaml": {"components": {"schemas": {"Tree": {"type": "object"}}}},
    }
    document = bundle("tree-v4", folder_of(tmp_path, files))
    assert document["components"] == {
        "responses": {"Tree": {"description": "A tree"}},
        "schemas": {"Tree": {"type": "object"}},
    }


def test_the_classes_that_a_discriminator_maps_to_come_along(tmp_path: Path) -> None:
    mapping = {"Oak": "#/components/schemas/Oak"}
    files = {
        "tree-v4.yaml": root("shared/v4.yaml#/components/schemas/Tree"),
        "shared/v4.yaml": {
            "components": {
                "schemas": {
                    "Tree": {"discriminator": {"propertyName": "@type", "mapping": mapping}},
                    "Oak": {"type": "object"},
                }
            }
        },
    }
    schemas = bundle("tree-v4", folder_of(tmp_path, files))["components"]["schemas"]
    assert schemas["Oak"] == {"type": "object"}
    assert schemas["Tree"]["discriminator"]["mapping"] == mapping


BORROWED = {"$ref": "tree-v5.yaml#/x-tmf-resources"}


def trees(folder: Path, declared: dict[str, Any], older: dict[str, Any]) -> Path:
    """The folder of a document in two versions, of which the newer says what is `declared` and the other is `older`."""
    example = {"full": {"value": {"query": "eventType=ThingDeleteEvent"}}}
    registration = {"requestBody": {"content": {"application/json": {"examples": example}}}, "callbacks": {}}
    hub: dict[str, Any] = {"paths": {"/hub": {"post": registration}}}
    files = {
        "tree-v4.yaml": root(info={"version": "4.0.0"}, **{"x-tmf-resources": older}),
        "tree-v5.yaml": root(info={"version": "5.0.0"}, **{"x-tmf-resources": declared}),
        **dict.fromkeys(("shared/operations-v4.yaml", "shared/operations-v5.yaml"), hub),
    }
    return folder_of(folder, files)


def test_declarations_may_be_borrowed_from_another_document(tmp_path: Path) -> None:
    declared = {"Tree": {"x-lifecycle": {"initial": "sown", "moves": {"sown": []}}, "x-indexes": [["height"]]}}
    folder = trees(tmp_path, declared, BORROWED)
    assert bundle("tree-v4", folder)["x-tmf-resources"] == declared
    assert bundle("tree-v5", folder)["x-tmf-resources"] == declared


def test_what_a_borrower_says_otherwise_stands_in_the_place_of_what_it_borrows(tmp_path: Path) -> None:
    lifecycle = {"field": "phase", "initial": "sown", "moves": {"sown": []}}
    declared = {"Tree": {"x-lifecycle": lifecycle, "x-indexes": [["height"]]}}
    folder = trees(tmp_path, declared, {**BORROWED, "Tree": {"x-lifecycle": {"field": "status"}}})
    own = {"x-lifecycle": {**lifecycle, "field": "status"}, "x-indexes": [["height"]]}
    assert bundle("tree-v4", folder)["x-tmf-resources"] == {"Tree": own}
    assert bundle("tree-v5", folder)["x-tmf-resources"] == declared


def test_a_borrower_may_lack_a_resource_that_is_lent(tmp_path: Path) -> None:
    lifecycle = {"initial": "sown", "moves": {"sown": []}}
    declared = {"Tree": {"x-lifecycle": lifecycle}, "Bush": {"x-lifecycle": lifecycle}}
    folder = trees(tmp_path, declared, {**BORROWED, "Bush": None})
    assert list(bundle("tree-v4", folder)["x-tmf-resources"]) == ["Tree"]


def test_a_borrower_speaks_of_no_resource_that_is_not_lent(tmp_path: Path) -> None:
    folder = trees(tmp_path, {"Tree": {"x-lifecycle": {}}}, {**BORROWED, "Bush": {"x-indexes": [["height"]]}})
    with pytest.raises(BundleError, match=r"x-tmf-resources\.Bush: tree-v5\.yaml declares no such resource"):
        bundle("tree-v4", folder)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("shared/v4.yaml#/components/schemas/Bush", "shared/v4.yaml has no components/schemas/Bush"),
        ("shared/v9.yaml#/components/schemas/Tree", "v9.yaml does not exist, but tree-v4.yaml asks for it"),
        ("shared/v4.yaml#/definitions/Tree", "should end in #/components/<section>/<Name>"),
        ("shared/v4.yaml", "should end in #/components/<section>/<Name>"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(tmp_path: Path, reference: str, told: str) -> None:
    files = {"tree-v4.yaml": root(reference), "shared/v4.yaml": {"components": {"schemas": {"Tree": TREE}}}}
    with pytest.raises(StartError) as refused:
        bundle("tree-v4", folder_of(tmp_path, files))
    assert told in str(refused.value)


@pytest.mark.parametrize("text", ["paths: {/tree: [}", "paths: {}\npaths: {}\n", "- a list\n"])
def test_a_file_that_is_not_as_it_should_be_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "tree-v4.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=r"tree-v4\.yaml"):
        bundle("tree-v4", tmp_path)


def test_date_times_stay_the_text_that_was_written(tmp_path: Path) -> None:
    (tmp_path / "tree-v4.yaml").write_text("paths: {}\nplanted: 2024-05-01T00:00:00Z\n", encoding="utf-8")
    assert bundle("tree-v4", tmp_path)["planted"] == "2024-05-01T00:00:00Z"


def test_the_names_are_those_of_the_documents_and_not_of_the_shared_files() -> None:
    assert {version.document for api in APIS for version in api.versions.values()} == set(names())
    assert not {"common", "v4", "v5"} & set(names())


@pytest.mark.parametrize("name", names())
def test_a_bundled_document_refers_to_nothing_but_itself(name: str) -> None:
    references = list(references_in(bundle(name)))
    assert references
    assert [reference for reference in references if not reference.startswith("#/components/")] == []


def test_what_is_written_is_what_was_bundled(tmp_path: Path) -> None:
    written = write(tmp_path / "build")
    assert [path.name for path in written] == [f"{name}.json" for name in names()]
    for path in written:
        assert json.loads(path.read_text(encoding="utf-8")) == with_optional_classes(bundle(path.stem))
