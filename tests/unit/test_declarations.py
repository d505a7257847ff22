# SPDX-License-Identifier: Apache-2.0
"""What documents declare of their resources, and how a deployment puts its own lifecycles in their place."""

import copy
from pathlib import Path
from typing import Any

import pytest

from app.domain.rules import NO_LIFECYCLE, Lifecycle
from app.errors import StartError
from app.spec.bundle import bundle, names
from app.spec.declarations import Declaration, apply_overrides, declarations, read_lifecycles, undeclared_attributes

LIFECYCLE: dict[str, Any] = {"initial": "a", "moves": {"a": ["b"], "b": []}}
PLACE = "own-v4: x-tmf-resources.Thing"


def document(declared: Any, **thing: Any) -> dict[str, Any]:
    """A bundled document with one resource, whose schema has the given properties."""
    schemas = {
        "State": {"type": "string", "enum": ["a", "b"]},
        "Base": {"type": "object", "properties": {"name": {"type": "string"}}},
        "Thing": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": thing}]},
    }
    return {"x-tmf-resources": {"Thing": declared}, "components": {"schemas": schemas}}


def declared_in(found: dict[str, Any]) -> Declaration:
    return declarations(found, "own-v4")["Thing"]


def test_a_declaration_is_read_with_its_defaults() -> None:
    moves = {"a": frozenset({"b"}), "b": frozenset[str]()}
    lifecycle = Lifecycle(field="status", initial="a", moves=moves)
    assert declared_in(document({"x-lifecycle": LIFECYCLE})) == Declaration(lifecycle, [])


def test_everything_that_may_be_declared_is_read() -> None:
    more = {"field": "state", "aliases": {"x": "a"}, "processMoves": {"b": {"a": "revive"}}, "changed": "stateDate"}
    found = declared_in(document({"x-lifecycle": {**LIFECYCLE, **more}, "x-indexes": [["name"], ["a.b", "c"]]}))
    assert found == Declaration(
        Lifecycle(
            field="state",
            initial="a",
            moves={"a": frozenset({"b"}), "b": frozenset()},
            aliases={"x": "a"},
            process_moves={"b": {"a": "revive"}},
            changed="stateDate",
        ),
        [["name"], ["a.b", "c"]],
    )


@pytest.mark.parametrize(
    ("state", "closed"),
    [
        ({"type": "string"}, False),
        ({"type": "string", "enum": ["a", "b"]}, True),
        ({"$ref": "#/components/schemas/State"}, True),
        ({"allOf": [{"$ref": "#/components/schemas/State"}], "description": "Where it stands."}, True),
    ],
)
def test_an_enum_of_the_state_closes_its_spellings(state: dict[str, Any], closed: bool) -> None:
    assert declared_in(document({"x-lifecycle": LIFECYCLE}, status=state)).lifecycle.closed == closed


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (None, f"{PLACE}._schema: Invalid input type."),
        ({"x-lifecycle": []}, f"{PLACE}.x-lifecycle._schema: Invalid input type."),
        ({"x-lifecycle": {"moves": {"a": []}}}, f"{PLACE}.x-lifecycle.initial: Missing data for required field."),
        ({"x-lifecycle": {"initial": "a"}}, f"{PLACE}.x-lifecycle.moves: Missing data for required field."),
        ({"x-lifecycle": {**LIFECYCLE, "moves": []}}, f"{PLACE}.x-lifecycle.moves: Not a valid mapping type."),
        ({"x-lifecycle": {**LIFECYCLE, "moves": {"a": "b"}}}, f"{PLACE}.x-lifecycle.moves.a.value: Not a valid list."),
        (
            {"x-lifecycle": {**LIFECYCLE, "moves": {"a": ["c"]}}},
            f"{PLACE}.x-lifecycle.moves.a: names c, which is not among the states of moves: a",
        ),
        (
            {"x-lifecycle": {**LIFECYCLE, "initial": "c"}},
            f"{PLACE}.x-lifecycle.initial: names c, which is not among the states of moves: a, b",
        ),
        (
            {"x-lifecycle": {**LIFECYCLE, "aliases": {"x": "c"}}},
            f"{PLACE}.x-lifecycle.aliases: names c, which is not among the states of moves: a, b",
        ),
        (
            {"x-lifecycle": {**LIFECYCLE, "processMoves": {"c": {"d": "revive"}}}},
            f"{PLACE}.x-lifecycle.processMoves.c: names c, d, which is not among the states of moves: a, b",
        ),
        (
            {"x-lifecycle": {**LIFECYCLE, "aliases": {"B": "a"}}},
            f"{PLACE}.x-lifecycle.moves: names 'b' twice; states and aliases compare without case",
        ),
        ({"x-lifecycle": {**LIFECYCLE, "changed": 5}}, f"{PLACE}.x-lifecycle.changed: Not a valid string."),
        ({"x-lifecycle": {**LIFECYCLE, "colour": "red"}}, f"{PLACE}.x-lifecycle.colour: Unknown field."),
        ({"x-lifecycle": LIFECYCLE, "x-indexes": "name"}, f"{PLACE}.x-indexes: Not a valid list."),
        ({"x-lifecycle": LIFECYCLE, "x-indexes": [["a", 5]]}, f"{PLACE}.x-indexes.0.1: Not a valid string."),
        ({"x-lifecycle": LIFECYCLE, "x-index": []}, f"{PLACE}.x-index: Unknown field."),
        ({"x-created": ["now"]}, f"{PLACE}.x-created: Not a valid mapping type."),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(declared: Any, told: str) -> None:
    with pytest.raises(StartError) as wrong:
        declared_in(document(declared))
    assert str(wrong.value) == told


def test_a_resource_may_have_no_states_and_defaults_of_its_own() -> None:
    found = declared_in(document({"x-created": {"madeOn": "now", "isBundle": False}}))
    assert (found.lifecycle, found.created) == (NO_LIFECYCLE, {"madeOn": "now", "isBundle": False})


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"nick": 1}, "nick: 'nick' is no attribute of Thing"),
        ({"madeOn": "2024-05-01T00:00:00Z"}, "madeOn: a date-time should be `now`, not '2024-05-01T00:00:00Z'"),
        ({"isBundle": "no"}, "isBundle: 'no' is not what 'isBundle' may be"),
        ({"kind": "c"}, "kind: 'c' is not what 'kind' may be"),
        ({"id": "7"}, "id: the server sets 'id' of itself"),
        ({"part.kind": "c"}, "part.kind: 'c' is not what 'part.kind' may be"),
        ({"part.nick": 1}, "part.nick: 'part.nick' is no attribute of Thing"),
    ],
)
def test_a_default_that_the_schema_does_not_bear_out_is_told(declared: dict[str, Any], told: str) -> None:
    found = document(
        {"x-created": declared},
        id={"type": "string"},
        madeOn={"type": "string", "format": "date-time"},
        isBundle={"type": "boolean"},
        kind={"$ref": "#/components/schemas/State"},
        part={"type": "array", "items": {"properties": {"kind": {"$ref": "#/components/schemas/State"}}}},
    )
    lines = list(undeclared_attributes(found, {"Thing": declared_in(found)}))
    assert lines == [f"x-tmf-resources/Thing/x-created/{told}"]


def test_defaults_that_the_schema_bears_out_are_taken() -> None:
    declared = {"madeOn": "now", "isBundle": False, "kind": "a", "label": "now", "part": []}
    found = document(
        {"x-created": declared},
        madeOn={"type": "string", "format": "date-time"},
        isBundle={"type": "boolean"},
        kind={"$ref": "#/components/schemas/State"},
        label={"type": "string"},
        part={"type": "array", "items": {"$ref": "#/components/schemas/Base"}},
    )
    assert list(undeclared_attributes(found, {"Thing": declared_in(found)})) == []


def test_the_state_of_a_resource_with_a_lifecycle_is_no_default() -> None:
    found = document({"x-lifecycle": LIFECYCLE, "x-created": {"status": "a"}}, status={"type": "string"})
    lines = list(undeclared_attributes(found, {"Thing": declared_in(found)}))
    assert lines == ["x-tmf-resources/Thing/x-created/status: the server sets 'status' of itself"]


def test_a_deployment_gives_no_lifecycle_to_a_resource_without_states() -> None:
    with pytest.raises(StartError, match=r"LIAISON_LIFECYCLES: Thing has no states: .* declares no x-lifecycle"):
        apply_overrides(document({}), {"Thing": LIFECYCLE})


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(StartError, match=r"moves\.a: names c.*; .*initial: names d|initial: names d.*; .*names c"):
        declared_in(document({"x-lifecycle": {"initial": "d", "moves": {"a": ["c"]}}}))


def test_a_resource_without_a_schema_is_told() -> None:
    found = document({"x-lifecycle": LIFECYCLE})
    del found["components"]["schemas"]["Thing"]
    with pytest.raises(StartError, match=r"own-v4: x-tmf-resources\.Thing: the document has no schema of this name"):
        declared_in(found)


@pytest.mark.parametrize("name", names())
def test_the_documents_that_are_served_declare_all_their_resources(name: str) -> None:
    served = bundle(name)
    found = declarations(served, name)
    assert found.keys() == served["x-tmf-resources"].keys()
    lifecycles = {name: declared.lifecycle for name, declared in found.items() if declared.lifecycle.field}
    assert lifecycles.keys() == {name for name, each in served["x-tmf-resources"].items() if "x-lifecycle" in each}
    assert all(lifecycle.initial in lifecycle.moves for lifecycle in lifecycles.values())


OWN = {"initial": "new", "moves": {"new": ["old"], "old": []}}


def test_a_lifecycle_of_the_deployment_replaces_the_declared_one() -> None:
    more = {"field": "state", "changed": "stateDate", "aliases": {"x": "a"}, "processMoves": {"b": {"a": "revive"}}}
    found = apply_overrides(document({"x-lifecycle": {**LIFECYCLE, **more}, "x-indexes": [["name"]]}), {"Thing": OWN})
    assert declared_in(found) == Declaration(
        Lifecycle(
            field="state",
            initial="new",
            moves={"new": frozenset({"old"}), "old": frozenset()},
            changed="stateDate",
        ),
        [["name"]],
    )


def test_a_lifecycle_of_the_deployment_may_name_its_own_field() -> None:
    found = apply_overrides(document({"x-lifecycle": LIFECYCLE}), {"Thing": {**OWN, "field": "phase"}})
    assert declared_in(found).lifecycle.field == "phase"


@pytest.mark.parametrize(
    "state", [{"type": "string", "enum": ["a", "b"]}, {"allOf": [{"$ref": "#/components/schemas/State"}]}]
)
def test_an_enum_of_the_states_becomes_that_of_the_deployment(state: dict[str, Any]) -> None:
    found = apply_overrides(document({"x-lifecycle": LIFECYCLE}, status=copy.deepcopy(state)), {"Thing": OWN})
    served = found["components"]["schemas"]
    status = served["Thing"]["allOf"][1]["properties"]["status"]
    assert (status if "enum" in status else served["State"])["enum"] == ["new", "old"]
    assert declared_in(found).lifecycle.closed


@pytest.mark.parametrize("overrides", [{}, {"Other": OWN}])
def test_without_a_lifecycle_of_the_deployment_the_document_stays(overrides: dict[str, Any]) -> None:
    found = document({"x-lifecycle": LIFECYCLE}, status={"type": "string", "enum": ["a", "b"]})
    assert apply_overrides(copy.deepcopy(found), overrides) == found


def test_no_file_of_lifecycles_replaces_none() -> None:
    assert read_lifecycles("") == {}


def test_a_file_of_lifecycles_is_read(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("Thing:\n  initial: neu\n  moves: {neu: [älter], älter: []}\n", encoding="utf-8")
    assert read_lifecycles(str(file)) == {"Thing": {"initial": "neu", "moves": {"neu": ["älter"], "älter": []}}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "must map the name of a resource to its lifecycle"),
        (b"- Thing", "must map the name of a resource to its lifecycle"),
        (b"Thing: a", "must map the name of a resource to its lifecycle"),
        (b"Thing: {initial: a, moves: {b: []}}", "Thing.initial: names a, which is not among the states of moves: b"),
        (b"Thing: {moves: {no: []}, initial: x}", "Thing.moves.False.key: Not a valid string."),
        (b"Thing: {", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_wrong_file_of_lifecycles_is_told_with_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(content)
    with pytest.raises(StartError) as wrong:
        read_lifecycles(str(file))
    assert str(wrong.value).startswith(f"LIAISON_LIFECYCLES={file}: ")
    assert told in str(wrong.value)


def test_a_file_of_lifecycles_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"LIAISON_LIFECYCLES=.*cannot be read.*No such file"):
        read_lifecycles(str(tmp_path / "missing.yaml"))
