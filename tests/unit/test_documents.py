# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI documents themselves, and the lint that watches over them."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from connexion.spec import Specification

from app.domain import dates
from app.resources.create import new_document
from app.spec import lint
from app.spec.bundle import names
from app.spec.operations import METHODS, OPERATIONS
from app.spec.schemas import component_name
from tests.served import DOCUMENT_OF, DOCUMENTS, NEWEST, RESOURCES
from tests.unit.examples import mandatory, minimal_example, violations

Document = dict[str, Any]

PARTY = DOCUMENTS["party-v4"]
OF_RESOURCES = [name for name in names() if DOCUMENTS[name]["x-tmf-resources"]]
PATCHED = [name for name in names() if any("patch" in item for item in DOCUMENTS[name]["paths"].values())]
"""All but that of TMF688, which shows what happens to the resources of the others."""
V5 = [name for name in names() if name.endswith("-v5")]
ANY_CLASS = "#/components/schemas/Extension_FVO"
"""A union whose classes all demand something has this branch, too, for the classes of extensions."""
EVENT_CLASSES = {"Event", "BaseEvent"}


def operations(document: Document) -> Iterator[Document]:
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


TAKING_BODIES = [name for name in names() if any("requestBody" in each for each in operations(DOCUMENTS[name]))]
"""Those with an operation that has a body: all but one of which one only asks."""


def examples(document: Document) -> Iterator[tuple[str, Document, Any]]:
    """(where it is, schema, value) of every example of a request body."""
    for operation in operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                yield f"{operation['operationId']} {media_type} {name}", content["schema"], example["value"]


def discriminators(document: Document) -> Iterator[tuple[str, Document]]:
    for name, schema in document["components"]["schemas"].items():
        if "discriminator" in schema:
            yield name, schema


EXAMPLES = [
    pytest.param(name, schema, value, id=f"{name} {where}")
    for name, document in DOCUMENTS.items()
    for where, schema, value in examples(document)
]


@pytest.mark.parametrize("name", names())
def test_the_lint_finds_nothing(name: str) -> None:
    assert lint.problems(DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", names())
def test_connexion_loads_the_document_at_its_base_path(name: str) -> None:
    specification = Specification.from_dict(copy.deepcopy(DOCUMENTS[name]))
    assert specification.base_path == DOCUMENTS[name]["servers"][0]["url"]


@pytest.mark.parametrize("name", names())
def test_every_operation_has_a_name_of_its_own(name: str) -> None:
    times = Counter(operation["operationId"] for operation in operations(DOCUMENTS[name]))
    assert times
    assert max(times.values()) == 1


@pytest.mark.parametrize(("name", "schema", "value"), EXAMPLES)
def test_every_example_is_valid(name: str, schema: Document, value: Any) -> None:
    assert violations(DOCUMENTS[name], schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ("Characteristic_FVO", {"@type": "StringCharacteristic", "name": "colour", "value": 7}, "7 is not of type"),
        ("ContactMedium", {"@type": "EmailContactMedium", "emailAddress": "nowhere"}, "'nowhere' is not a 'email'"),
        ("PartyOrPartyRole_FVO", {"@type": "PartyRef"}, "'id' is a required property"),
        ("PartyOrPartyRole_FVO", {"@type": "Individual", "givenName": "Ngozi"}, "'familyName' is a required property"),
        ("PartyOrPartyRole_FVO", {"@type": "Robot"}, "no class of ['BusinessPartner', "),
        (
            "AttachmentRefOrValue_FVO",
            {"@type": "Attachment", "mimeType": "image/png"},
            "'attachmentType' is a required",
        ),
    ],
)
def test_the_class_that_a_value_names_is_the_one_it_is_checked_against(schema: str, value: Any, told: str) -> None:
    wrong = violations(DOCUMENTS["party-v5"], {"$ref": f"#/components/schemas/{schema}"}, value)
    assert any(told in violation for violation in wrong)


@pytest.mark.parametrize("name", TAKING_BODIES)
def test_every_create_has_a_minimal_and_a_full_example(name: str) -> None:
    creates = [operation for operation in operations(DOCUMENTS[name]) if "requestBody" in operation]
    creates = [each for each in creates if "application/merge-patch+json" not in each["requestBody"]["content"]]
    creates = [each for each in creates if "application/json" in each["requestBody"]["content"]]
    assert creates
    for operation in creates:
        assert set(operation["requestBody"]["content"]["application/json"]["examples"]) >= {"minimal", "full"}


@pytest.mark.parametrize("name", TAKING_BODIES)
def test_a_minimal_example_has_the_mandatory_attributes_and_no_others(name: str) -> None:
    minimal = [(schema, value) for where, schema, value in examples(DOCUMENTS[name]) if where.endswith("minimal")]
    assert minimal
    for schema, value in minimal:
        assert set(value) == mandatory(DOCUMENTS[name], schema)


@pytest.mark.parametrize("name", PATCHED)
def test_a_patch_takes_json_and_merge_patch_alike(name: str) -> None:
    items = DOCUMENTS[name]["paths"].values()
    patches = [item["patch"] for item in items if "requestBody" in item.get("patch", {})]
    assert patches
    for operation in patches:
        content = operation["requestBody"]["content"]
        assert content["application/json"] == content["application/merge-patch+json"]


@pytest.mark.parametrize("name", names())
def test_each_version_takes_four_kinds_of_patch_and_has_an_example_of_each(name: str) -> None:
    for item in DOCUMENTS[name]["paths"].values():
        if "requestBody" in item.get("patch", {}):
            content = item["patch"]["requestBody"]["content"]
            kinds = ("json", "merge-patch+json", "json-patch+json", "json-patch-query+json")
            assert set(content) == {f"application/{kind}" for kind in kinds}
            assert all(described["examples"] for described in content.values())


def shown_of_the_least(resource: str, version: str) -> set[str]:
    """The attributes that version 5 shows of a resource which `version` created of as little as it takes."""
    least = minimal_example(DOCUMENTS[DOCUMENT_OF[resource, version]], resource)
    made = new_document(RESOURCES[resource, version], least, dates.now())
    return set(RESOURCES[resource, "v5"].to_view("42", made))


@pytest.mark.parametrize("name", sorted(set(V5) & set(PATCHED)))
def test_an_answer_of_version_5_has_what_every_create_demands_or_brings_and_says_where_it_is_kept(name: str) -> None:
    document = DOCUMENTS[name]
    for resource in document["x-tmf-resources"].keys() & NEWEST.keys():
        answered = document["components"]["responses"][resource]["content"]["application/json"]["schema"]["anyOf"][0]
        created = mandatory(document, {"$ref": f"#/components/schemas/{resource}_FVO"})
        shown = [shown_of_the_least(*served) for served in DOCUMENT_OF if served[0] == resource]
        assert mandatory(document, answered) == created.intersection(*shown) | {"id", "href"}


@pytest.mark.parametrize("name", V5)
def test_a_discriminator_leads_to_the_same_view_of_the_class_that_it_names(name: str) -> None:
    found = list(discriminators(DOCUMENTS[name]))
    assert found
    for schema, declared in found:
        view = schema[-4:] if schema.endswith(("_FVO", "_MVO")) else ""
        mapping = declared["discriminator"]["mapping"]
        assert mapping == {kind: f"#/components/schemas/{kind}{view}" for kind in mapping}


@pytest.mark.parametrize("name", V5)
def test_a_union_names_each_of_its_classes(name: str) -> None:
    unions = [schema for _, schema in discriminators(DOCUMENTS[name]) if "anyOf" in schema]
    assert unions
    for union in unions:
        branches = [branch["$ref"] for branch in union["anyOf"]]
        assert [branch for branch in branches if branch != ANY_CLASS] == list(
            union["discriminator"]["mapping"].values()
        )


@pytest.mark.parametrize("name", [name for name in V5 if name.replace("-v5", "-v4") in DOCUMENTS])
def test_both_versions_declare_the_same_of_their_resources(name: str) -> None:
    """But for what a version calls the attribute that holds the state, and the one that names channels."""
    older, newer = (copy.deepcopy(DOCUMENTS[each]["x-tmf-resources"]) for each in (name.replace("-v5", "-v4"), name))
    for declared in (*older.values(), *newer.values()):
        del declared["x-lifecycle"]["field"]
        declared.get("x-track-record", {}).pop("channel", None)
    assert older == {resource: newer[resource] for resource in older}


@pytest.mark.parametrize("name", names())
def test_a_state_that_the_schema_lists_is_a_state_of_the_lifecycle(name: str) -> None:
    schemas = DOCUMENTS[name]["components"]["schemas"]
    for resource, declared in DOCUMENTS[name]["x-tmf-resources"].items():
        states = schemas.get(f"{resource}StateType", {}).get("enum")
        assert states is None or set(states) == set(declared["x-lifecycle"]["moves"])


@pytest.mark.parametrize("name", OF_RESOURCES)
def test_every_event_has_a_callback_at_the_hub(name: str) -> None:
    document = DOCUMENTS[name]
    callbacks = document["paths"]["/hub"]["post"]["callbacks"]
    events = {schema for schema in document["components"]["schemas"] if schema.endswith("Event")} - EVENT_CLASSES
    assert set(callbacks) == events
    assert len(events) == sum(map(kinds_of_events, document["x-tmf-resources"].values()))


def kinds_of_events(declared: Document) -> int:
    """How many kinds of events a resource has: of creates, changes, changes of its state, deletions, and others."""
    deletable = (
        "x-source" in declared or "x-process" in declared or "delete" in declared.get("x-operations", OPERATIONS)
    )
    asking = declared.get("x-process") == "task"
    return 2 + ("x-lifecycle" in declared) + deletable + asking + bool(declared.get("x-matchable"))


@pytest.mark.parametrize("name", names())
def test_no_schema_closes_its_attributes_but_those_of_credentials(name: str) -> None:
    document = copy.deepcopy(DOCUMENTS[name])
    of_listeners = document["components"]["schemas"].get("ListenerAuthentication")
    assert bool(of_listeners) is ("/hub" in document["paths"])
    for each in map(component_name, of_listeners["anyOf"] if of_listeners else ()):
        del document["components"]["schemas"][each]["additionalProperties"]
    assert "'additionalProperties': False" not in str(document)


Fault = Callable[[Document], Any]
EXTENSIBLE = {"$ref": "#/components/schemas/Extensible"}


def schemas(document: Document) -> Any:
    return document["components"]["schemas"]


def patched(document: Document) -> Any:
    """What a merge patch of an individual of version 4 may hold."""
    return schemas(document)["Individual_base_Update"]["allOf"][1]["properties"]


FAULTS: list[tuple[str, Fault, str]] = [
    ("no title", lambda d: d["info"].pop("title"), "'title' is a required property"),
    (
        "no description",
        lambda d: d["paths"]["/individual"]["get"]["responses"].update({"200": {"content": {}}}),
        "['200']: 'description' is a required property",
    ),
    ("slash", lambda d: d["servers"].append({"url": "/tmf-api/x/"}), "/tmf-api/x/ should not end in a slash"),
    (
        "charset",
        lambda d: d["components"]["responses"]["Individual"]["content"].update({"application/json;charset=utf-8": {}}),
        "should be a plain media type",
    ),
    (
        "two of a name",
        lambda d: d["paths"]["/organization"]["get"].update(operationId="listIndividual"),
        "operationId listIndividual should stand once, not 2 times",
    ),
    (
        "no name",
        lambda d: d["paths"]["/organization"]["get"].pop("operationId"),
        "GET /organization should have an operationId",
    ),
    (
        "default",
        lambda d: d["paths"]["/hub"]["post"]["responses"].update(default={"description": "Error"}),
        "POST /hub should list its statuses one by one, or leave all errors to `default`",
    ),
    (
        "no 4xx",
        lambda d: d["paths"]["/hub"]["post"].update(responses={"201": {"description": "Created"}}),
        "POST /hub should declare what it answers to a mistaken request",
    ),
    ("dead end", lambda d: d["components"]["schemas"].pop("Skill"), "#/components/schemas/Skill leads nowhere"),
    (
        "unused",
        lambda d: d["components"]["schemas"].update(Bush={"$ref": "#/components/schemas/Bush"}),
        "components/schemas/Bush is not used by any operation",
    ),
    (
        "no resource",
        lambda d: d["paths"]["/individual"].pop("x-tmf-resource"),
        "/individual should say which resource it serves",
    ),
    (
        "undeclared",
        lambda d: d["x-tmf-resources"].pop("Individual"),
        "/individual: x-tmf-resources should declare Individual",
    ),
    (
        "not served",
        lambda d: d["x-tmf-resources"].update(Tree={}),
        "x-tmf-resources/Tree is not served by any path",
    ),
    (
        "merged unsaid",
        lambda d: d["paths"]["/individual/{id}"]["get"]["responses"].pop("301"),
        "GET /individual/{id} should declare 301: Individual has `x-mergeable: true`",
    ),
    (
        "never merged",
        lambda d: d["x-tmf-resources"]["Individual"].update({"x-mergeable": False}),
        "GET /individual/{id} should not declare 301: Individual has no `x-mergeable: true`",
    ),
    ("no security", lambda d: d.pop("security"), "security should say who may call the operations"),
    (
        "a base and more",
        lambda d: schemas(d)["Skill"].update(allOf=[EXTENSIBLE], properties={}),
        "/components/schemas/Skill should have what it adds to its only base as a second part of `allOf`",
    ),
    (
        "two patterns",
        lambda d: schemas(d)["Skill"]["allOf"][1]["properties"].update(
            skillCode={"allOf": [{"type": "string", "pattern": "^S"}, {"pattern": "S$"}]}
        ),
        "/skillCode should have one `pattern` or `enum`",
    ),
    (
        "pattern of a list",
        lambda d: schemas(d)["Skill"]["allOf"][1]["properties"].update(
            skillCode={"allOf": [{"$ref": "#/components/schemas/IndividualStateType"}, {"pattern": "S$"}]}
        ),
        "/skillCode should have one `pattern` or `enum`",
    ),
    (
        "object without a name",
        lambda d: schemas(d)["Skill"]["allOf"][1]["properties"].update(level={"properties": {}}),
        "/level should have a name: put the object into components/schemas",
    ),
    (
        "null that removes",
        lambda d: patched(d)["title"].pop("nullable"),
        "Individual_Update: title should be nullable, as null removes it",
    ),
    (
        "null that does not remove",
        lambda d: patched(d)["familyName"].update(nullable=True),
        "Individual_Update: familyName may not be null, as null does not remove it",
    ),
    (
        "operation without its value",
        lambda d: schemas(d)["JsonPatchTest"].update(required=["op", "path"]),
        "application/json-patch+json should demand `value` of the operation test",
    ),
    (
        "path that may not be empty",
        lambda d: schemas(d)["JsonPatchPath"].update(pattern="."),
        "application/json-patch-query+json should take the step {'op': 'remove', 'path': ''}",
    ),
    (
        "key of any length",
        lambda d: d["components"]["parameters"]["IdempotencyKey"]["schema"].pop("maxLength"),
        "IdempotencyKey should say how a key may be: no maxLength",
    ),
]

LIFECYCLE_FAULTS = [
    ({"initial": "unborn"}, "initial unborn is not one of its states"),
    ({"moves": {"initialized": ["valid"]}}, "moves from initialized to valid is not one of its states (initialized)"),
    ({"aliases": {"dead": "departed"}}, "alias dead of departed is not one of its states"),
    ({"processMoves": {"gone": {"validated": "return"}}}, "processMoves from gone is not one of its states"),
    ({"processMoves": {"deceased": {"risen": "return"}}}, "processMoves from deceased to risen is not one"),
]


@pytest.mark.parametrize(("fault", "told"), [pytest.param(fault, told, id=id) for id, fault, told in FAULTS])
def test_the_lint_tells_of_a_fault(fault: Fault, told: str) -> None:
    document = copy.deepcopy(PARTY)
    fault(document)
    assert any(told in problem for problem in lint.problems(document))


@pytest.mark.parametrize(("change", "told"), LIFECYCLE_FAULTS)
def test_the_lint_tells_of_a_state_that_no_lifecycle_knows(change: Document, told: str) -> None:
    document = copy.deepcopy(PARTY)
    document["x-tmf-resources"]["Individual"]["x-lifecycle"].update(change)
    assert any(told in problem for problem in lint.problems(document))
