# SPDX-License-Identifier: Apache-2.0
"""Registered classes: what they add to the documents, and what is checked of their objects."""

from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidField, MissingField, TmfError
from app.spec.bundle import bundle
from app.spec.extension_checks import ExtensionChecks
from app.spec.extensions import Extensions
from app.spec.registration import load_extensions
from app.spec.schemas import Schemas
from app.spec.validation import Validator
from tests.unit.extending import CHAT, GOLD, HOME, V4, V5, VIP, WORK, Schema, schema, written


@pytest.fixture(scope="module")
def extensions(tmp_path_factory: pytest.TempPathFactory) -> Extensions:
    return load_extensions(written(tmp_path_factory.mktemp("schemas"), GOLD, VIP, CHAT, WORK), [V4, V5])


@pytest.fixture(scope="module")
def checks(extensions: Extensions) -> Validator:
    also = ExtensionChecks(extensions).of("Customer")
    return Validator(extensions.extend_discriminators(V5), {"$ref": "#/components/schemas/Customer_FVO"}, also=also)


def refused(checks: Validator, **more: Any) -> TmfError:
    with pytest.raises(TmfError) as caught:
        checks.check(customer(**more))
    return caught.value


def customer(**more: Any) -> Schema:
    return {"@type": "VipCustomer", "name": "Delta", "engagedParty": {"@type": "PartyRef", "id": "1"}, **more}


def test_without_a_directory_nothing_is_registered_and_no_body_walked() -> None:
    nothing = load_extensions("", [V4, V5])
    assert list(nothing) == []
    assert nothing.lineage("VipCustomer") == []
    assert nothing.extend_discriminators(V5) == nothing.extend_attributes(V5) == V5
    assert ExtensionChecks(nothing).of("Customer") == []


@pytest.mark.parametrize("document", [V4, V5], ids=["v4", "v5"])
@pytest.mark.parametrize(
    ("path", "kind", "array"),
    [
        ("level", "integer", False),
        ("since", "date-time", False),
        ("perk", "object", True),
        ("perk.until", "date-time", False),
        ("perk.within.within.until", "date-time", False),
        ("mood", "string", False),
        ("mixed", "any", False),
        ("free", "any", False),
        ("name", "string", False),
        ("best.code", "string", False),
        ("contactMedium.handle", "string", False),
        ("contactMedium.hours", "number", False),
    ],
)
def test_what_a_class_adds_becomes_an_attribute_of_its_base_in_each_version(
    extensions: Extensions, document: Schema, path: str, kind: str, array: bool
) -> None:
    found = Schemas(extensions.extend_attributes(document)).tree("Customer").along(tuple(path.split(".")))[-1]
    assert (found.kind, found.array) == (kind, array)


def test_the_documents_themselves_stay_as_they_are(extensions: Extensions) -> None:
    assert extensions.extend_attributes(V5) != V5 != extensions.extend_discriminators(V5)
    assert bundle("customer-v5") == V5


def test_two_classes_with_one_attribute_of_two_types_make_it_any(tmp_path: Path) -> None:
    one, two = (schema(f"C{n}", "Customer", {"rank": {"type": n}}) for n in ("string", "integer"))
    tree = Schemas(load_extensions(written(tmp_path, one, two), [V4]).extend_attributes(V4)).tree("Customer")
    assert tree.members["rank"].kind == "any"


def test_a_date_time_of_one_class_may_be_any_text_in_another(extensions: Extensions) -> None:
    tree = Schemas(extensions.extend_attributes(V4)).tree("Customer")
    typed = tree.with_instants({"since": "long ago", "perk": [{"until": "2024-05-01T10:00:00Z"}]})
    assert typed["since"] == "long ago"
    assert typed["perk"][0]["until"].year == 2024
    with pytest.raises(InvalidField):
        tree.with_instants({"validFor": {"startDateTime": "long ago"}})


def test_a_class_extends_all_that_its_bases_do(extensions: Extensions) -> None:
    lineage = extensions.lineage("GoldCustomer")
    assert [each.name for each in lineage] == ["GoldCustomer", "VipCustomer"]
    assert extensions.root(lineage[0]) == "Customer"


@pytest.mark.parametrize(
    "more",
    [
        {"level": 5},
        {"level": None},
        {"level": 1, "since": "2024-05-01T10:00:00+02:00", "@baseType": "Customer", "@schemaLocation": VIP["$id"]},
        {"level": 1, "@schemaLocation": VIP["$id"] + "#"},
        {"@type": "GoldCustomer", "@baseType": "VipCustomer", "level": 1, "best": {"code": "x"}},
        {"@type": "GoldCustomer", "level": 1, "best": {"code": "x"}, "@schemaLocation": "https://example.com/any"},
        {"@type": "OwnCustomer", "level": "high", "@schemaLocation": "https://example.com/own.json"},
        {"@type": "vipcustomer"},
        {"level": 1, "contactMedium": [{"@type": "ChatContactMedium", "handle": "@a", "own": True}]},
    ],
)
def test_objects_that_are_as_their_class_says_pass(checks: Validator, more: Schema) -> None:
    checks.check(customer(**more))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"level": "high"}, "/level must be a null or an integer, not 'high'"),
        ({"level": 6}, "/level 6 is greater than the maximum of 5"),
        ({"level": 1, "name": "D"}, '/name "D" is shorter than 3 characters'),
        (
            {"level": 1, "since": "2024-05-01"},
            "/since must be a date-time with an offset, like 2024-05-01T10:00:00Z, not '2024-05-01'",
        ),
        (
            {"level": 1, "contactMedium": [{"@type": "Other"}, {"@type": "ChatContactMedium", "handle": 5}]},
            "/contactMedium/1/handle must be a string, not 5",
        ),
        (
            {"level": 1, "contactMedium": [{"@type": "WorkEmailContactMedium", "emailAddress": 5}]},
            "/contactMedium/0/emailAddress must be a string, not 5",
        ),
        (
            {"level": 1, "@baseType": "PartyRole"},
            "/@baseType must be 'Customer', which 'VipCustomer' extends, not 'PartyRole'",
        ),
        (
            {"level": 1, "@schemaLocation": HOME + "chat.json"},
            f"/@schemaLocation must be {HOME}vip.json where @type is 'VipCustomer', not '{HOME}chat.json'",
        ),
        (
            {"@type": "OwnCustomer", "@schemaLocation": HOME + "vip.json"},
            "/@schemaLocation is that of 'VipCustomer': send that as @type, or no @schemaLocation",
        ),
        (
            {"level": 1, "contactMedium": [{"@type": "Other", "@schemaLocation": HOME + "chat.json"}]},
            "/contactMedium/0/@schemaLocation is that of 'ChatContactMedium': send that as @type,"
            " or no @schemaLocation",
        ),
    ],
)
def test_what_is_not_as_its_class_says_is_told_with_its_place(checks: Validator, more: Schema, told: str) -> None:
    error = refused(checks, **more)
    assert isinstance(error, InvalidField)
    assert error.message == told


def test_what_a_class_and_its_bases_demand_is_mandatory(checks: Validator) -> None:
    error = refused(checks, **{"@type": "GoldCustomer", "name": ""})
    assert isinstance(error, MissingField)
    assert set(error.message.split("; ")) == {
        "/name is mandatory and may not be blank",
        "/best is mandatory",
        "/level is mandatory",
    }


def test_a_class_that_belongs_elsewhere_is_told_so_and_nothing_else(extensions: Extensions) -> None:
    checks = Validator(
        extensions.extend_discriminators(V5),
        {"$ref": "#/components/schemas/Extensible"},
        also=ExtensionChecks(extensions).of("Party"),
    )
    told = "/@type '{}' is a class of {} and does not belong into this collection; send 'Party' or a class of it"
    for name, root in (("GoldCustomer", "Customer"), ("ChatContactMedium", "ContactMedium")):
        with pytest.raises(InvalidField) as caught:
            checks.check({"@type": name})
        assert caught.value.message == told.format(name, root)


def test_a_class_belongs_where_the_class_that_it_extends_does_and_where_what_that_is_composed_of_does(
    extensions: Extensions,
) -> None:
    for resource in ("Customer", "PartyRole"):
        (check,) = ExtensionChecks(extensions).of(resource)
        assert not [each for each in check.violations({"@type": "GoldCustomer"}) if "collection" in each.rule]


def test_only_what_a_change_made_wrong_counts(checks: Validator) -> None:
    before = customer(level="high", contactMedium=[{"@type": "ChatContactMedium"}])
    checks.check_change(before, {**before, "remark": "kept before the class was registered"})
    with pytest.raises(InvalidField, match=r"^/level must be a null or an integer, not 'low'$"):
        checks.check_change(before, {**before, "level": "low"})
    with pytest.raises(InvalidField, match=r"^/contactMedium/1/handle is mandatory$"):
        checks.check_change(before, {**before, "contactMedium": [*before["contactMedium"], {"@type": CHAT["title"]}]})
