# SPDX-License-Identifier: Apache-2.0
"""What `@type` decides: the class that a value is checked against, in unions and below base classes."""

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidField
from app.spec.bundle import bundle
from app.spec.discriminators import Choices
from app.spec.validation import Validator
from tests.unit.examples import told
from tests.unit.schemas import TEXT, chosen_from, ref

Document = dict[str, Any]


def union(*classes: str) -> Document:
    return {"oneOf": [ref(name) for name in classes], "discriminator": chosen_from(*classes)}


SCHEMAS: dict[str, Any] = {
    "Animal": {
        "type": "object",
        "required": ["name"],
        "properties": {"@type": TEXT, "name": TEXT, "friend": ref("Animal")},
        "discriminator": chosen_from("Animal", "Cat", "Dog"),
    },
    "Cat": {"allOf": [ref("Animal"), {"required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
    "Dog": {"allOf": [ref("Animal"), {"properties": {"tag": TEXT, "prey": ref("Animal")}}]},
    "Puppy": {"allOf": [ref("Dog")], "required": ["tag"]},
    "Stone": {"type": "object", "properties": {"@type": TEXT, "weight": {"type": "number"}}},
    "Thing": union("Cat", "Dog", "Stone"),
    "Perhaps": {"nullable": True, **union("Cat", "Stone")},
    "Titled": {"allOf": [ref("Cat"), {"properties": {"lives": {"type": "integer", "enum": [9]}}}]},
    "Alias": ref("Animal"),
    "House": {
        "type": "object",
        "properties": {
            "pet": ref("Animal"),
            "pets": {"type": "array", "items": ref("Animal")},
            "described": {"allOf": [ref("Animal")], "description": "What lives upstairs."},
            "alias": ref("Alias"),
            "puppy": ref("Puppy"),
            "thing": ref("Thing"),
            "things": {"type": "array", "items": ref("Thing")},
            "inline": union("Dog", "Stone"),
            "perhaps": ref("Perhaps"),
        },
    },
}
DOCUMENT: Document = {"components": {"schemas": SCHEMAS}}


@cache
def checks(schema: str) -> Validator:
    return Validator(DOCUMENT, ref(schema))


CAT = {"@type": "Cat", "name": "Tom", "lives": 9}


@pytest.mark.parametrize(
    "house",
    [
        {"pet": CAT},
        {"pet": {"name": "Tom"}},
        {"pet": {"@type": "Animal", "name": "Tom", "lives": "many"}},
        {"pet": {"@type": "Robot", "name": "Tom", "lives": "many"}},
        {"pets": [CAT, {"@type": "Dog", "name": "Rex", "lives": "many"}]},
        {"thing": CAT, "things": [{"@type": "Stone", "weight": 1.5, "lives": "none"}, {"@type": "Robot", "lives": ""}]},
        {"inline": {"@type": "Cat", "lives": "many"}},
        {"perhaps": None},
        {"perhaps": CAT},
    ],
)
def test_a_value_of_its_own_class_passes_and_so_does_an_extension(house: Document) -> None:
    assert told(checks("House"), house) == ""


@pytest.mark.parametrize(
    ("house", "expected"),
    [
        ({"pet": {"@type": "Cat", "name": "Tom"}}, "23 /pet/lives is mandatory"),
        ({"pet": {"@type": "Cat", "lives": 9}}, "23 /pet/name is mandatory"),
        ({"pet": {**CAT, "lives": "9"}}, "24 /pet/lives must be an integer, not '9'"),
        ({"pet": {"@type": "Robot"}}, "23 /pet/name is mandatory"),
        ({"pet": {"@type": "Dog", "name": "Rex", "tag": 5}}, "24 /pet/tag must be a string, not 5"),
        ({"pet": {**CAT, "@type": 5, "lives": "9"}}, "24 /pet/@type must be a string, not 5"),
        ({"pet": {**CAT, "friend": {"@type": "Cat", "name": "Kit"}}}, "23 /pet/friend/lives is mandatory"),
        (
            {"pet": {"@type": "Dog", "name": "Rex", "prey": {"@type": "Cat", "name": "Kit"}}},
            "23 /pet/prey/lives is mandatory",
        ),
        ({"pets": [CAT, {"@type": "Cat", "name": "Tom"}]}, "23 /pets/1/lives is mandatory"),
        ({"pet": "Tom"}, "24 /pet must be an object, not 'Tom'"),
        ({"pet": None}, "24 /pet must be an object, not null"),
        ({"described": {"@type": "Cat", "name": "Tom"}}, "23 /described/lives is mandatory"),
        ({"alias": {"@type": "Cat", "name": "Tom"}}, "23 /alias/lives is mandatory"),
        ({"puppy": {"@type": "Cat", "name": "Kit"}}, "23 /puppy/tag is mandatory"),
        ({"thing": {"@type": "Cat", "name": "Tom"}}, "23 /thing/lives is mandatory"),
        ({"thing": {"@type": "Stone", "weight": "1"}}, "24 /thing/weight must be a number, not '1'"),
        ({"thing": {"name": "Tom"}}, "23 /thing/@type is mandatory"),
        ({"thing": {"@type": None}}, "23 /thing/@type is mandatory and may not be null"),
        ({"thing": {"@type": " "}}, "23 /thing/@type is mandatory and may not be blank"),
        ({"thing": {"@type": ["Cat"]}}, "24 /thing/@type must be a string, not an array"),
        ({"thing": None}, "24 /thing must be an object, not null"),
        ({"things": [CAT, {}, 7]}, "24 /things/1/@type is mandatory; /things/2 must be an object, not 7"),
        ({"inline": {"@type": "Stone", "weight": "1"}}, "24 /inline/weight must be a number, not '1'"),
        ({"inline": {}}, "23 /inline/@type is mandatory"),
        ({"perhaps": {"@type": "Stone", "weight": "1"}}, "24 /perhaps/weight must be a number, not '1'"),
    ],
)
def test_a_value_is_checked_against_the_class_that_it_names(house: Document, expected: str) -> None:
    assert told(checks("House"), house) == expected


def test_the_class_is_asked_for_when_the_body_itself_is_of_a_base_or_a_union() -> None:
    assert told(checks("Animal"), {"@type": "Cat", "name": "Tom"}) == "23 /lives is mandatory"
    assert told(checks("Thing"), {"@type": "Cat", "name": "Tom"}) == "23 /lives is mandatory"
    assert told(checks("Thing"), {}) == "23 /@type is mandatory"


def test_a_union_may_be_one_of_or_any_of_its_classes() -> None:
    either = json.loads(json.dumps(DOCUMENT).replace('"oneOf"', '"anyOf"'))
    assert either != DOCUMENT
    for thing in ({"@type": "Cat", "name": "Tom"}, {"@type": "Stone", "weight": "1"}, {"@type": "Robot"}, {}):
        assert told(Validator(either, ref("Thing")), thing) == told(checks("Thing"), thing)


def test_a_schema_that_adds_to_a_component_is_checked_where_it_stands() -> None:
    adding = {"allOf": [ref("Animal")], "type": "object", "required": ["name", "chip"], "properties": {"chip": TEXT}}
    checks = Validator(DOCUMENT, adding)
    assert told(checks, {**CAT, "chip": "c1"}) == ""
    assert told(checks, {**CAT, "chip": " "}) == "23 /chip is mandatory and may not be blank"
    assert told(checks, {"@type": "Cat", "name": "", "chip": "c1"}) == (
        "23 /name is mandatory and may not be blank; /lives is mandatory"
    )


def test_a_subclass_asks_no_more_for_the_class() -> None:
    assert told(checks("Dog"), {"@type": "Cat", "name": "Rex"}) == ""
    assert told(checks("Titled"), {**CAT, "lives": 8}) == "24 /lives must be one of 9, not 8"


def test_what_the_class_declares_may_be_lenient_too() -> None:
    lenient = Validator(DOCUMENT, ref("Animal"), lenient=("lives",))
    assert told(lenient, {**CAT, "lives": "nine"}) == ""
    assert told(lenient, {**CAT, "friend": {**CAT, "lives": "nine"}}).startswith("24 /friend/lives must be an integer")


ODD = st.none() | st.integers(0, 9) | st.sampled_from(["", "Rex"])
ANIMALS = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "lives", "tag", "weight", "friend"), ODD))


@given(st.sampled_from(["Cat", "Dog", "Stone"]), ANIMALS)
def test_a_union_says_of_a_value_what_the_class_says_that_it_names(name: str, value: Document) -> None:
    named = {"@type": name, **value}
    assert told(checks("Thing"), named) == told(checks(name), named)


@given(st.sampled_from(["Animal", "Cat", "Dog", "Robot"]), ANIMALS)
def test_a_base_says_of_a_value_what_the_class_says_that_it_names_or_itself(name: str, value: Document) -> None:
    named = {"@type": name, **value}
    plain = {**SCHEMAS, "Animal": {k: v for k, v in SCHEMAS["Animal"].items() if k != "discriminator"}}
    by_itself = Validator({"components": {"schemas": plain}}, ref(name if name in plain else "Animal"))
    assert told(checks("Animal"), named) == told(by_itself, named)


def test_a_change_may_keep_what_was_wrong_and_add_nothing_to_it() -> None:
    before = {"thing": {"@type": "Stone", "weight": "1"}}
    checks("House").check_change(before, {**before, "pet": CAT})
    with pytest.raises(InvalidField, match=r"^/pet/lives is mandatory$"):
        checks("House").check_change(before, {**before, "pet": {"@type": "Cat", "name": "Tom"}})
    with pytest.raises(InvalidField, match=r"^/thing/@type is mandatory$"):
        checks("House").check_change(before, {"thing": {}})


def test_schemas_without_discriminators_stay_as_they_are_and_none_is_changed() -> None:
    before = copy.deepcopy(SCHEMAS)
    choices = Choices(SCHEMAS)
    assert before == SCHEMAS
    assert (choices.components["Stone"], choices.components["Cat"]) == (SCHEMAS["Stone"], SCHEMAS["Cat"])
    assert choices.of_value(ref("Animal")) == ref("Animal@")
    v4 = bundle("party-v4")["components"]["schemas"]
    assert (Choices(v4).components, Choices(v4).of_value(ref("Individual"))) == (v4, ref("Individual"))
