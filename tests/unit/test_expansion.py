# SPDX-License-Identifier: Apache-2.0
"""The standard operations that a document gets for the resources that it declares."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import lower_camel
from app.errors import StartError
from app.spec.bundle import OPENAPI, Files, bundle, names
from app.spec.declarations import declarations
from app.spec.expansion import HUB, expand, merge, noun, plural, template_file
from app.spec.operations import METHODS, OPERATIONS, operations

Document = dict[str, Any]

USAGE_VIEWS = ("Usage", "Usage_Create", "Usage_Update")
VERSIONS = ["4.1.0", "5.0.0"]
DECLARING = [name for name in names() if bundle(name)["x-tmf-resources"]]

JSON_OBJECTS = st.recursive(
    st.none() | st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def standard(
    version: str, *resources: str, own: Document | None = None, operations: list[str] | None = None, states: bool = True
) -> tuple[Document, Document]:
    """What a document that declares these resources, and says nothing but its `own`, is expanded to."""
    document = {"info": {"title": "Usage", "version": version}, **(own or {})}
    template = Files().content(template_file(document), wanted_by="a test")
    declared: Document = ({} if operations is None else {"x-operations": operations}) | (
        {"x-lifecycle": {}} if states else {}
    )
    return expand(document, template, dict.fromkeys(resources, declared))


def responses(document: Document, path: str, method: str) -> Any:
    return document["paths"][path][method]["responses"]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_resource_gets_the_standard_operations_and_all_have_one_hub(version: str) -> None:
    document, components = standard(version, "Category", "Usage")
    assert list(document["paths"]) == ["/category", "/category/{id}", "/usage", "/usage/{id}", "/hub", "/hub/{id}"]
    told = {
        operation["summary"]
        for item in document["paths"].values()
        for operation in item.values()
        if "summary" in operation
    }
    assert {"Find categories", "Create a category", "Find usages", "Create a usage", "Register a listener"} <= told
    assert list(document["paths"][HUB]["post"]["callbacks"]) == [
        f"{resource}{kind}Event"
        for resource in ("Category", "Usage")
        for kind in ("Create", "AttributeValueChange", "StateChange", "Delete")
    ]
    assert {"Category", "CategoryCreated", "Categories", "CategoriesPage"} <= components["responses"].keys()


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_left_of_the_resource_that_the_template_tells_of(version: str) -> None:
    assert "thing" not in str(standard(version, "Usage")).lower()


@pytest.mark.parametrize("version", VERSIONS)
@given(offered=st.sets(st.sampled_from(sorted(OPERATIONS))), states=st.booleans())
def test_a_resource_offers_what_it_declares_and_tells_of_what_can_happen(
    version: str, offered: set[str], states: bool
) -> None:
    document, _ = standard(version, "Usage", operations=sorted(offered), states=states)
    for operation, (path, method) in OPERATIONS.items():
        assert (method in document["paths"].get(path.format("usage"), {})) == (operation in offered)
    told = set(document["paths"][HUB]["post"]["callbacks"])
    caused = {"create": ["Create"], "patch": ["AttributeValueChange", "StateChange"], "delete": ["Delete"]}
    happening = {kind for name in offered for kind in caused.get(name, []) if states or kind != "StateChange"}
    assert told == {f"Usage{kind}Event" for kind in happening}
    examples = document["paths"][HUB]["post"]["requestBody"]["content"]["application/json"]["examples"]
    asked = examples["full"]["value"]["query"].removeprefix("eventType=").split(",") if "full" in examples else []
    assert set(asked) <= told
    assert bool(asked) == bool(told)


def test_an_operation_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        StartError, match=r"x-tmf-resources\.Usage\.x-operations: 'read' is none; there are list, create,"
    ):
        standard("4.0.0", "Usage", operations=["read"])


@pytest.mark.parametrize("info", [{}, {"version": "3.1.0"}, {"version": "five"}])
def test_a_version_without_standard_operations_is_refused(info: dict[str, str]) -> None:
    with pytest.raises(StartError, match=r"/info/version should begin with one of 4, 5, not "):
        template_file({"info": info})


def test_what_the_document_writes_itself_wins() -> None:
    written = {"/usage": {"get": {"summary": "All that was used", "responses": {"200": {"description": "It."}}}}}
    document, _ = standard("4.0.0", "Usage", own={"paths": written})
    usual, _ = standard("4.0.0", "Usage")
    assert document["paths"]["/usage"]["get"]["summary"] == "All that was used"
    assert responses(document, "/usage", "get") == {**responses(usual, "/usage", "get"), "200": {"description": "It."}}
    assert document["paths"]["/usage"]["post"] == usual["paths"]["/usage"]["post"]


def test_examples_of_a_patch_are_those_of_the_merge_patch_too() -> None:
    content = {"application/json": {"examples": {"one": {"value": {"status": "rated"}}}}}
    own = {"paths": {"/usage/{id}": {"patch": {"requestBody": {"content": content}}}}}
    expanded = standard("4.0.0", "Usage", own=own)[0]["paths"]["/usage/{id}"]["patch"]["requestBody"]["content"]
    assert expanded["application/merge-patch+json"] == expanded["application/json"]
    assert "examples" not in expanded["application/json-patch+json"]


@pytest.mark.parametrize("offered", [["list", "retrieve"], ["create"], ["retrieve", "patch"]])
def test_a_document_of_some_operations_is_whole(tmp_path: Path, offered: list[str]) -> None:
    lifecycle = {"initial": "open", "moves": {"open": []}}
    told = {"type": "object", "description": "What was used.", "properties": {"status": {"type": "string"}}}
    views = {name: {"allOf": [{"$ref": "#/components/schemas/Usage_base"}]} for name in USAGE_VIEWS}
    written = {
        "info": {"title": "Usage", "version": "4.0.0", "description": "Keeps what was used."},
        "servers": [{"url": "/tmf-api/usage/v4"}],
        "x-tmf-resources": {"Usage": {"x-lifecycle": lifecycle, "x-operations": offered}},
        "components": {"schemas": {**views, "Usage_base": told}},
    }
    shutil.copytree(OPENAPI / "shared", tmp_path / "shared")
    (tmp_path / "usage-v4.yaml").write_text(yaml.safe_dump(written))
    document = bundle("usage-v4", tmp_path)
    said = operations(document, "Usage")
    assert declarations(document, "usage-v4")["Usage"].operations == offered
    assert said.whole == {"$ref": "#/components/schemas/Usage"}
    shown = {**document["components"]["schemas"]["Usage"], "required": []}
    assert said.new == ({"$ref": "#/components/schemas/Usage_Create"} if "create" in offered else shown)
    assert len(said.patch_types) == (4 if "patch" in offered else 0)
    methods = {method for path in ("/usage", "/usage/{id}") for method in document["paths"].get(path, {})}
    assert methods & set(METHODS) == {OPERATIONS[name][1] for name in offered}


@given(JSON_OBJECTS, JSON_OBJECTS)
def test_merging_changes_neither_and_keeps_all_that_is_ones_own(template: Any, own: Any) -> None:
    before = copy.deepcopy((template, own))
    merged = merge(template, own)
    assert (template, own) == before
    assert merge(merged, own) == merged
    if not isinstance(own, dict) or not isinstance(template, dict):
        assert merged == own
    else:
        assert merged.keys() == template.keys() | own.keys()


@pytest.mark.parametrize("name", DECLARING)
def test_no_document_writes_what_is_expanded(name: str) -> None:
    written = Files().content(f"{name}.yaml", wanted_by="a test")
    template = Files().content(template_file(written), wanted_by="a test")
    resources = bundle(name)["x-tmf-resources"]
    usual, components = expand({"info": written["info"]}, template, resources)
    assert repeated(written.get("paths", {}), usual["paths"]) == []
    assert not written["components"].get("schemas", {}).keys() & components["schemas"].keys()
    assert not written["components"].get("responses", {}).keys() & components["responses"].keys()


def repeated(own: Any, usual: Any, place: str = "") -> list[str]:
    """Where a document says what is said anyway."""
    if isinstance(own, dict) and isinstance(usual, dict):
        return [
            each for name in own.keys() & usual.keys() for each in repeated(own[name], usual[name], f"{place}/{name}")
        ]
    return [place] if own == usual else []


@pytest.mark.parametrize(
    ("resource", "words", "several"),
    [
        ("PartyInteraction", "party interaction", "PartyInteractions"),
        ("Category", "category", "Categories"),
        ("ServiceTestSpecification", "service test specification", "ServiceTestSpecifications"),
        ("PartyRoleAddress", "party role address", "PartyRoleAddresses"),
        ("UsageDay", "usage day", "UsageDays"),
    ],
)
def test_a_resource_has_a_name_in_words(resource: str, words: str, several: str) -> None:
    assert (noun(resource), plural(resource)) == (words, several)


def test_each_version_has_a_template() -> None:
    files = sorted(path.name for path in (OPENAPI / "shared").glob("operations-*.yaml"))
    assert files == sorted({template_file(bundle(name)).split("/")[1] for name in DECLARING})


@pytest.mark.parametrize("name", DECLARING)
def test_a_name_is_one_word_with_a_capital(name: str) -> None:
    for resource in bundle(name)["x-tmf-resources"]:
        assert lower_camel(resource) != resource
