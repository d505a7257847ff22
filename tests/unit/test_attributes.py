# SPDX-License-Identifier: Apache-2.0
"""Attribute trees read from schemas: paths through them, unknown names, and date-times made instants."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.query.attributes import ANYTHING, Attribute
from app.errors import InvalidField, InvalidQuery
from app.spec.schemas import Schemas, component_name
from tests.unit.schemas import DATE_TIME, TEXT, ref

AT = "2024-05-01T10:00:00Z"


SCHEMAS: dict[str, Any] = {
    "Any": {},
    "State": {"type": "string", "enum": ["a", "b"]},
    "Period": {"type": "object", "properties": {"startDateTime": DATE_TIME, "endDateTime": DATE_TIME}},
    "Base": {"type": "object", "properties": {"id": TEXT, "@type": TEXT}},
    "Note": {"type": "object", "properties": {"text": TEXT, "date": DATE_TIME, "validFor": ref("Period")}},
    "Notes": {"type": "array", "items": ref("Note")},
    "Characteristic": {"properties": {"name": TEXT, "value": ref("Any")}},
    "Party": {
        "allOf": [
            ref("Base"),
            {
                "type": "object",
                "properties": {
                    "status": ref("State"),
                    "count": {"type": "integer"},
                    "weight": {"type": "number"},
                    "alive": {"type": "boolean"},
                    "born": DATE_TIME,
                    "validFor": ref("Period"),
                    "note": {"type": "array", "items": ref("Note")},
                    "notes": ref("Notes"),
                    "tag": {"type": "array", "items": TEXT},
                    "seen": {"type": "array", "items": DATE_TIME},
                    "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
                    "characteristic": {"type": "array", "items": ref("Characteristic")},
                    "bag": {"type": "object"},
                },
            },
        ]
    },
    "Tree": {"type": "object", "properties": {"name": TEXT, "child": {"type": "array", "items": ref("Tree")}}},
    "Chain": {"type": "object", "properties": {"next": {"allOf": [ref("Chain")], "description": "What follows."}}},
    "Egg": {"type": "object", "properties": {"hen": ref("Hen")}},
    "Hen": {"type": "object", "properties": {"egg": ref("Egg"), "hatched": DATE_TIME}},
}

TREES = Schemas({"components": {"schemas": SCHEMAS}})
PARTY = TREES.tree("Party")


def along(path: str, tree: Attribute = PARTY) -> Attribute:
    return tree.along(tuple(path.split(".")))[-1]


@pytest.mark.parametrize(
    ("path", "kind", "array"),
    [
        ("id", "string", False),
        ("status", "string", False),
        ("count", "integer", False),
        ("weight", "number", False),
        ("alive", "boolean", False),
        ("born", "date-time", False),
        ("validFor", "object", False),
        ("validFor.startDateTime", "date-time", False),
        ("note", "object", True),
        ("note.text", "string", False),
        ("note.validFor.endDateTime", "date-time", False),
        ("note.0", "object", True),
        ("note.0.text", "string", False),
        ("note.12.date", "date-time", False),
        ("notes.date", "date-time", False),
        ("tag", "string", True),
        ("tag.0", "string", True),
        ("seen", "date-time", True),
        ("matrix", "integer", True),
        ("characteristic.value", "any", False),
        ("characteristic.value.amount.unit", "any", False),
        ("characteristic.value.0", "any", False),
        ("bag.anything.at.all", "any", False),
    ],
)
def test_a_path_leads_to_what_is_declared_there(path: str, kind: str, array: bool) -> None:
    found = along(path)
    assert (found.kind, found.array) == (kind, array)


def test_a_path_tells_every_attribute_it_goes_through() -> None:
    assert [found.kind for found in PARTY.along(("note", "0", "validFor", "startDateTime"))] == [
        "object",
        "object",
        "object",
        "date-time",
    ]
    assert PARTY.along(()) == []


OPERATORS = "The operators are eq, ne, gt, gte, lt, lte, regex, exists, in, nin"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("statsu", "'statsu' is not a known attribute; did you mean 'status'?"),
        ("STATUS", "'STATUS' is not a known attribute; did you mean 'status'?"),
        ("note.tekst", "'note.tekst' is not a known attribute; did you mean 'text'?"),
        ("note.qqq", "'note.qqq' is not a known attribute; known: date, text, validFor"),
        ("note.01.text", "'note.01.text' is not a known attribute; known: date, text, validFor"),
        ("status.x", f"'status.x' is not a known attribute, and 'x' is no operator. {OPERATORS}"),
        ("status.like", f"'status.like' is not a known attribute, and 'like' is no operator. {OPERATORS}"),
        (
            "note.text.GTR",
            f"'note.text.GTR' is not a known attribute, and 'GTR' is no operator; did you mean 'gt'? {OPERATORS}",
        ),
        ("count.gte.gte", "'count.gte.gte' is not a known attribute; known: none within it"),
        ("count.gte", "'count.gte' is not a known attribute; known: none within it"),
        ("born.year.x", "'born.year.x' is not a known attribute; known: none within it"),
        ("validFor.0", "'validFor.0' is not a known attribute; known: endDateTime, startDateTime"),
    ],
)
def test_an_undeclared_name_is_refused_with_the_nearest_declared_one(path: str, told: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        along(path)
    assert refused.value.message == told


@given(st.text(max_size=30))
def test_any_name_is_declared_or_refused(name: str) -> None:
    if name in PARTY.members:
        assert PARTY.along((name,)) == [PARTY.members[name]]
    else:
        with pytest.raises(InvalidQuery, match="is not a known attribute"):
            PARTY.along((name,))


@pytest.mark.parametrize(
    ("name", "is_open"), [("bag", True), ("status", False), ("validFor", False), ("note", False), ("tag", False)]
)
def test_what_declares_nothing_within_is_open(name: str, is_open: bool) -> None:
    assert along(name).open == is_open


def test_anything_is_open_all_the_way_down() -> None:
    assert ANYTHING.along(("a", "0", "b")) == [ANYTHING] * 3


@pytest.mark.parametrize(
    ("name", "path"),
    [("Tree", "child.child.child.name"), ("Chain", "next.next.next"), ("Egg", "hen.egg.hen.egg.hen.hatched")],
)
def test_schemas_may_lead_back_to_themselves(name: str, path: str) -> None:
    tree = TREES.tree(name)
    assert tree.along(tuple(path.split(".")))[-1].kind in ("string", "object", "date-time")
    assert tree.with_instants({"name": "x", "child": [{"name": "y"}], "next": {}}) == {
        "name": "x",
        "child": [{"name": "y"}],
        "next": {},
    }


def test_dates_are_found_through_schemas_that_lead_back_to_themselves() -> None:
    shown = {"hen": {"egg": {"hen": {"hatched": AT}}}}
    assert TREES.tree("Egg").with_instants(shown) == {"hen": {"egg": {"hen": {"hatched": dates.instant(AT)}}}}


def test_one_schema_makes_one_tree() -> None:
    assert along("validFor") is along("note.validFor") is TREES.tree("Period")


def test_declared_date_times_become_instants_and_nothing_else_does() -> None:
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    shown = {
        "id": AT,
        "born": AT,
        "seen": [AT, AT],
        "validFor": {"startDateTime": AT, "other": AT},
        "note": [{"date": AT, "text": AT}, {"validFor": {"endDateTime": AT}}],
        "notes": [{"date": AT}],
        "characteristic": [{"value": AT}],
        "bag": {"date": AT},
        "unknown": {"born": AT},
    }
    assert PARTY.with_instants(shown) == {
        "id": AT,
        "born": at,
        "seen": [at, at],
        "validFor": {"startDateTime": at, "other": AT},
        "note": [{"date": at, "text": AT}, {"validFor": {"endDateTime": at}}],
        "notes": [{"date": at}],
        "characteristic": [{"value": AT}],
        "bag": {"date": AT},
        "unknown": {"born": AT},
    }


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.just(AT),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PARTY.members, "date", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(PARTY.members)), ODD))
def test_typing_undoes_writing_whatever_the_document_holds(shown: dict[str, Any]) -> None:
    before = copy.deepcopy(shown)
    assert dates.with_text_dates(PARTY.with_instants(shown)) == before
    assert shown == before


def test_only_what_is_fresh_is_typed_anew() -> None:
    at = dates.instant(AT)
    value = {"born": AT, "seen": [AT]}
    assert PARTY.refresh_instants(value, {"seen": [AT]}) == {"born": AT, "seen": [at]}
    assert value == {"born": AT, "seen": [AT]}
    assert PARTY.refresh_instants(value, {}) is not value


def test_a_fresh_end_is_compared_with_a_start_that_was_there() -> None:
    period = TREES.tree("Period")
    start, end = dates.instant(AT), "2024-04-01T10:00:00Z"
    with pytest.raises(InvalidField, match=r"^/endDateTime lies before startDateTime"):
        period.refresh_instants({"startDateTime": start, "endDateTime": end}, {"endDateTime": end})
    assert (
        period.refresh_instants({"startDateTime": start, "endDateTime": AT}, {"endDateTime": AT})["endDateTime"]
        == start
    )


@pytest.mark.parametrize(
    ("shown", "place"),
    [
        ({"born": "yesterday"}, "/born"),
        ({"note": [{}, {"date": "2024-05-01"}]}, "/note/1/date"),
        ({"seen": [AT, "2016-12-31T23:59:60Z"]}, "/seen/1"),
        ({"validFor": {"endDateTime": ""}}, "/validFor/endDateTime"),
    ],
)
def test_a_date_time_that_is_none_is_refused_with_its_place(shown: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidField, match=rf"^{place} is '.*write a date-time like 2024-05-01T10:00:00Z$"):
        PARTY.with_instants(shown)


def test_the_properties_of_a_schema_include_those_of_its_parts() -> None:
    assert {"id", "@type", "status", "bag"} <= TREES.properties(SCHEMAS["Party"]).keys()


def test_a_reference_names_its_schema() -> None:
    assert component_name(ref("Party")) == "Party"
