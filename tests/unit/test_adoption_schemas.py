# SPDX-License-Identifier: Apache-2.0
"""Every fact of a published schema is in the adopted one, and none of its prose; classes, circles and bounds."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.spec.adoption.report import AdoptionError
from tests.adopting import CONTRACT, PROSE, TICKET, Document, adopted, content, crud, notes, ship, swagger

SHARED_FOLDER = [HealthCheck.function_scoped_fixture]
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each example takes as long as a whole adoption: what fails is told as it was found."""
PREFIX = "#/components/schemas/"
PATHS = crud("Ship", without="put")

NAMES = st.from_regex(r"@?[a-z][A-Za-z]{0,6}", fullmatch=True)
SCALARS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "format": st.sampled_from(["date-time", "uri", "base64"]),
            "minLength": st.integers(0, 3),
            "maxLength": st.integers(3, 9),
            "default": st.just("abc"),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": st.integers(-5, 0),
            "maximum": st.integers(1, 5),
            "exclusiveMaximum": st.booleans(),
            "format": st.sampled_from(["int32", "float"]),
            "default": st.just(1),
        },
    ),
    st.fixed_dictionaries({"type": st.just("boolean")}, optional={"default": st.booleans()}),
    st.fixed_dictionaries(
        {"type": st.just("string"), "enum": st.lists(st.sampled_from("abcd"), min_size=1, unique=True)}
    ),
    st.sampled_from([{"$ref": "#/definitions/Port"}, {"$ref": "#/definitions/Flag"}, {}]),
)
ADDITIONS = {"description": PROSE, "example": PROSE, "x-note": PROSE, "title": PROSE}
PUBLISHED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": inner},
            optional={"minItems": st.integers(0, 2), "maxItems": st.integers(2, 4), "uniqueItems": st.booleans()},
        ),
        st.builds(
            lambda properties, count: {
                "type": "object",
                "properties": properties,
                **({"required": list(properties)[:count]} if count else {}),
            },
            st.dictionaries(NAMES, inner, min_size=1, max_size=3),
            st.integers(0, 1),
        ),
        st.builds(lambda a, b: {"allOf": [a, b]}, inner, inner),
        st.builds(lambda value: {"type": "object", "additionalProperties": value}, inner),
    ),
    max_leaves=5,
)


def with_prose(schema: Any) -> Any:
    """The schema with words in each place where a document may have them."""
    if isinstance(schema, list):
        return [with_prose(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        keyword: {name: with_prose(each) for name, each in value.items()}
        if keyword == "properties"
        else with_prose(value)
        for keyword, value in schema.items()
    }
    return {**inner, **({"description": PROSE} if "$ref" in schema else ADDITIONS)}


def missing(published: Any, made: Any, schemas: Document, place: str = "") -> list[str]:
    """Where the adopted schema does not say what the published one says."""
    if isinstance(published, dict) and "$ref" in published:
        same = made == {"$ref": published["$ref"].replace("#/definitions/", PREFIX)}
        return [] if same else [place]
    if isinstance(published, dict):
        whole = schemas[made["$ref"].removeprefix(PREFIX)] if "$ref" in made else made
        more = sorted(whole.keys() - published.keys() - {"description"})
        lost = [f"{place}/{keyword}" for keyword in published if keyword not in whole]
        within = [
            each
            for keyword, value in published.items()
            if keyword in whole
            for each in missing(value, whole[keyword], schemas, f"{place}/{keyword}")
        ]
        return [*lost, *within, *(f"{place}+{keyword}" for keyword in more)]
    if isinstance(published, list) and isinstance(made, list) and len(published) == len(made):
        pairs = enumerate(zip(published, made, strict=True))
        return [each for index, (one, other) in pairs for each in missing(one, other, schemas, f"{place}/{index}")]
    return [] if published == made and type(published) is type(made) else [place]


@settings(
    max_examples=30, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(NAMES, PUBLISHED, min_size=1, max_size=4))
def test_every_fact_of_a_schema_is_in_the_adopted_one_and_no_prose(tmp_path: Path, properties: Document) -> None:
    others: Document = {
        "Port": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "Flag": {"type": "string", "enum": ["red", "green"]},
    }
    definitions = {**ship(**properties), **others}
    made = adopted(tmp_path, swagger(with_prose(definitions), PATHS))
    schemas = content(made)["components"]["schemas"]
    assert PROSE not in made.text
    for name in ("Ship", "Port", "Flag"):
        if name in schemas:
            assert missing(definitions[name], schemas[name], schemas, name) == []
    # An enum of an enum is a fact, though generators of clients cannot read it.
    assert [line for line in notes(made) if "not right yet" in line and "one `pattern` or `enum`" not in line] == []


@pytest.mark.parametrize("document", [TICKET, CONTRACT], ids=["v4", "v5"])
def test_adopting_twice_gives_the_same_bytes_and_is_right_at_once(tmp_path: Path, document: Document) -> None:
    first, second = adopted(tmp_path, document), adopted(tmp_path, copy.deepcopy(document))
    assert first == second
    assert not [line for line in notes(first) if "not right yet" in line]
    assert PROSE not in first.text


def properties_of(made: Any, name: str = "Ship") -> Document:
    properties: Document = content(made)["components"]["schemas"][name]["properties"]
    return properties


@pytest.mark.parametrize(
    ("published", "made", "told"),
    [
        ({"type": "string", "x-nullable": True}, {"type": "string", "nullable": True}, []),
        ({"enum": ["a", "b", "a"]}, {"type": "string", "enum": ["a", "b"]}, []),
        ({"enum": [1, True]}, {"enum": [1, True]}, []),
        ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}, []),
        ({"type": "array"}, {"type": "array", "items": {}}, []),
        (
            {"type": "string", "enum": ["a", True, 1]},
            {"type": "string", "enum": ["a", "true", "1"]},
            ["/enum: lists values"],
        ),
        ({"type": "file"}, {}, ["/type: is 'file'"]),
        ({"type": ["string", "null"]}, {}, ["/type: is \"['string', 'null']\""]),
        ({"type": "string", "required": True}, {"type": "string"}, ["/required: is no list"]),
        ({"type": "number", "default": "1"}, {"type": "number"}, ["/default: is '1'"]),
        ({"type": "string", "minLength": -1}, {"type": "string"}, ["/minLength: is '-1'"]),
        ({"type": "string", "pattern": "(a"}, {"type": "string"}, ["/pattern: is '(a'"]),
        ({"type": "string", "pattern": "(?=a)b"}, {"type": "string"}, ["/pattern: is '(?=a)b'"]),
        ({"type": "string", "pattern": "^a+$"}, {"type": "string", "pattern": "^a+$"}, []),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}, ["/additionalProperties: closes its"]),
        ({"type": "string", "discriminator": {}}, {"type": "string"}, ["/discriminator: names no attribute"]),
        (True, {}, [": is no schema"]),
    ],
)
def test_what_openapi_says_otherwise_or_not_at_all_is_put_right_or_reported(
    tmp_path: Path, published: Any, made: Document, told: list[str]
) -> None:
    views = ship()
    views["Ship"]["properties"]["a"] = published
    found = adopted(tmp_path, swagger(views, PATHS))
    assert properties_of(found)["a"] == made
    place = "#/definitions/Ship/properties/a"
    lines = notes(found)
    assert len(lines) == len(told)
    assert all(line.startswith(place + begin) for line, begin in zip(lines, told, strict=True))


@pytest.mark.parametrize("name", ["", "allOf", "properties", "$ref", "$id", "a.b", "a\nb", "x-replaces"])
def test_an_attribute_that_nobody_could_read_is_reported(tmp_path: Path, name: str) -> None:
    made = adopted(tmp_path, swagger(ship(**{name: {"type": "string"}}), PATHS))
    assert properties_of(made) == {"id": {"type": "string"}, "href": {"type": "string"}}
    assert "cannot be kept: an attribute called" in notes(made)[0]


@pytest.mark.parametrize(
    "name", ["type", "items", "required", "enum", "mapping", "description", "default", "pattern", "oneOf"]
)
def test_an_attribute_may_be_called_like_a_keyword(tmp_path: Path, name: str) -> None:
    made = adopted(tmp_path, swagger(ship(**{name: {"type": "string"}}), PATHS))
    assert properties_of(made)[name] == {"type": "string"}
    assert notes(made) == []


def test_blanks_around_a_name_are_left_out(tmp_path: Path) -> None:
    definitions = ship(**{"size ": {"type": "integer"}})
    definitions["Ship"]["required"] = ["size "]
    made = adopted(tmp_path, swagger(definitions, PATHS))
    shown = content(made)["components"]["schemas"]["Ship"]
    assert (shown["properties"]["size"], shown["required"]) == ({"type": "integer"}, ["size"])
    assert "has blanks around its name; size, as it is called here" in notes(made)[0]


def test_an_object_within_another_gets_a_name(tmp_path: Path) -> None:
    inner: Document = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    made = adopted(tmp_path, swagger({**ship(hull=inner), "ShipHull": {"type": "string"}}, PATHS))
    schemas = content(made)["components"]["schemas"]
    assert schemas["Ship"]["properties"]["hull"] == {"$ref": f"{PREFIX}ShipHull"}
    assert schemas["ShipHull"]["description"] == "A ship hull."
    assert schemas["ShipHull"]["properties"] == {"a": {"$ref": f"{PREFIX}ShipHullA"}}
    assert {"ShipHull_Create", "ShipHull_Update", "ShipHullA_Update"} <= schemas.keys()
    assert notes(made) == []


VESSEL: Document = {
    "type": "object",
    "discriminator": "@type",
    "properties": {"@type": {"type": "string"}},
}


def composed(*bases: str) -> Document:
    return {"allOf": [*({"$ref": f"#/definitions/{base}"} for base in bases), {"type": "object"}]}


def test_a_discriminator_of_swagger_chooses_from_what_is_composed_of_its_schema(tmp_path: Path) -> None:
    definitions = {
        **ship(vessel={"$ref": "#/definitions/Vessel"}, new={"$ref": "#/definitions/Vessel_Create"}),
        "Vessel": VESSEL,
        "Ferry": composed("Vessel"),
        "CarFerry": composed("Ferry"),
        "Vessel_Create": VESSEL,
        "Ferry_Create": composed("Vessel_Create"),
        "Lonely": VESSEL,
    }
    made = adopted(tmp_path, swagger(definitions, PATHS))
    schemas = content(made)["components"]["schemas"]
    assert schemas["Vessel"]["discriminator"] == {
        "propertyName": "@type",
        "mapping": {name: f"{PREFIX}{name}" for name in ("Vessel", "CarFerry", "Ferry")},
    }
    assert schemas["Vessel_Create"]["discriminator"]["mapping"] == {
        "Vessel": f"{PREFIX}Vessel_Create",
        "Ferry": f"{PREFIX}Ferry_Create",
    }
    assert "Lonely" not in schemas
    assert notes(made) == []


def test_a_class_without_others_needs_no_discriminator(tmp_path: Path) -> None:
    made = adopted(tmp_path, swagger({**ship(vessel={"$ref": "#/definitions/Vessel"}), "Vessel": VESSEL}, PATHS))
    assert "discriminator" not in content(made)["components"]["schemas"]["Vessel"]


def test_a_union_with_a_discriminator_is_any_of_its_classes(tmp_path: Path) -> None:
    schemas = content(adopted(tmp_path, CONTRACT))["components"]["schemas"]
    union = schemas["PartRefOrValue"]
    assert union["anyOf"] == [{"$ref": f"{PREFIX}Part"}, {"$ref": f"{PREFIX}PartRef"}]
    assert union["discriminator"]["mapping"] == {"Part": f"{PREFIX}Part", "PartRef": f"{PREFIX}PartRef"}
    assert "oneOf" not in union


def test_only_what_resources_lead_to_is_carried_over(tmp_path: Path) -> None:
    schemas = content(adopted(tmp_path, TICKET))["components"]["schemas"]
    assert schemas.keys() == {
        *("Ticket", "Ticket_Create", "Ticket_Update", "TicketStatus", "TicketContact"),
        *("Note", "RelatedParty", "Vessel", "Ferry"),
    }


def test_schemas_may_lead_back_to_themselves(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/definitions/Node"}}}
    made = adopted(tmp_path, swagger({**ship(a={"$ref": "#/definitions/Node"}), "Node": node}, PATHS))
    assert content(made)["components"]["schemas"]["Node"]["properties"] == {"next": {"$ref": f"{PREFIX}Node"}}


def chain(length: int, keyword: str) -> Document:
    """Schemas each of which leads to the next one."""

    def leading(target: str) -> Document:
        reference = {"$ref": f"#/definitions/{target}"}
        return {"type": "object", "properties": {"n": reference}} if keyword == "properties" else {keyword: [reference]}

    links: Document = {f"S{index}": leading(f"S{index + 1}") for index in range(length)}
    return {**ship(a={"$ref": "#/definitions/S0"}), **links, f"S{length}": {"type": "object"}}


def test_long_chains_of_objects_are_carried_over(tmp_path: Path) -> None:
    made = adopted(tmp_path, swagger(chain(1500, "properties"), PATHS))
    assert notes(made) == []
    assert made.schemas == 1504


@pytest.mark.parametrize(
    ("definitions", "told"),
    [
        ({"A": composed("B"), "B": composed("A")}, "#/definitions/A: is composed of itself: A → B → A; no circle"),
        ({"A": {"$ref": "#/definitions/A"}}, "#/definitions/A: is composed of itself: A → A; no circle"),
        (
            {"A": {"anyOf": [{"$ref": "#/definitions/A"}]}},
            "#/definitions/A: is composed of itself: A → A; no circle",
        ),
    ],
)
def test_what_is_composed_of_itself_is_refused(tmp_path: Path, definitions: Document, told: str) -> None:
    with pytest.raises(AdoptionError) as refused:
        adopted(tmp_path, swagger({**ship(a={"$ref": "#/definitions/A"}), **definitions}, PATHS))
    assert [note.line("") for note in refused.value.notes] == [told]


def test_what_is_composed_of_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdoptionError, match="is composed of 51 schemas, 51 in a row"):
        adopted(tmp_path, swagger(chain(200, "allOf"), PATHS))
    twice = {f"S{index}": composed(f"S{index + 1}", f"S{index + 1}") for index in range(30)}
    with pytest.raises(AdoptionError, match="is composed of 2047 schemas"):
        adopted(tmp_path, swagger({**ship(a={"$ref": "#/definitions/S0"}), **twice, "S30": {}}, PATHS))


def test_names_that_openapi_does_not_know_are_changed_and_reported(tmp_path: Path) -> None:
    definitions = {**ship(a={"$ref": "#/definitions/Big~1Ship of «x»"}), "Big/Ship of «x»": {"type": "object"}}
    made = adopted(tmp_path, swagger(definitions, PATHS))
    assert properties_of(made)["a"] == {"$ref": f"{PREFIX}Big_Ship_of_x_"}
    assert notes(made) == [
        "#/definitions/Big~1Ship of «x»: is called Big_Ship_of_x_ here; nothing, unless you refer to it by name"
    ]
