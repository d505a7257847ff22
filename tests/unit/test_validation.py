# SPDX-License-Identifier: Apache-2.0
"""Checks against schemas: which violations there are, where, and in which words a client hears of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.json_pointers import pointer
from app.domain.violations import Violation
from app.errors import InvalidField, MissingField, TmfError
from app.spec.independent_members import required_members
from app.spec.validation import Validator
from tests.unit.schemas import TEXT, ref

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Note": {"type": "object", "required": ["text"], "properties": {"text": TEXT, "n": {"type": "integer"}}},
            "Base": {
                "type": "object",
                "properties": {
                    "name": TEXT,
                    "nick": {"type": "string", "nullable": True},
                    "status": {"type": "string", "enum": ["open", "closed"]},
                    "mood": {"type": "string", "enum": ["good", "bad"]},
                    "alive": {"type": "boolean"},
                    "born": {"type": "string", "format": "date-time"},
                    "day": {"type": "string", "format": "date"},
                    "code": {"type": "string", "pattern": "^[A-Z]+$"},
                    "note": {"type": "array", "minItems": 1, "items": ref("Note")},
                    "main": ref("Note"),
                    "pair": {"type": "array", "minItems": 2},
                    "rare": {"type": "string", "maxLength": 3},
                },
            },
            "Party": {"allOf": [ref("Base"), {"required": ["name", "code", "main"]}]},
        }
    }
}
CHECKS = Validator(DOCUMENT, ref("Party"), lenient=("status",))
VALID: dict[str, Any] = {"name": "Ann", "code": "A", "main": {"text": "t"}}


def refused(body: dict[str, Any], checks: Validator = CHECKS) -> TmfError:
    with pytest.raises(TmfError) as caught:
        checks.check(body)
    return caught.value


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"nick": None},
        {"nick": ""},
        {"status": "any text"},
        {"mood": "good", "alive": False, "note": [{"text": "t", "n": 1}]},
        {"born": "2024-05-01t10:00:00.123456+02:00", "day": "2024-05-01"},
        {"unknown": {"deep": [None]}},
    ],
)
def test_what_the_schema_allows_passes(more: dict[str, Any]) -> None:
    CHECKS.check({**VALID, **more})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"name": 5}, "/name must be a string, not 5"),
        ({"nick": 5}, "/nick must be a null or a string, not 5"),
        ({"status": 5}, "/status must be a string, not 5"),
        ({"rare": None}, "/rare must be a string, not null"),
        ({"alive": "true"}, "/alive must be a boolean, not 'true'"),
        ({"alive": None}, "/alive must be a boolean, not null"),
        ({"name": True}, "/name must be a string, not true"),
        ({"name": {}}, "/name must be a string, not an object"),
        ({"name": []}, "/name must be a string, not an array"),
        ({"main": "t"}, "/main must be an object, not 't'"),
        ({"note": {}}, "/note must be an array, not an object"),
        ({"note": []}, "/note must have at least 1 element"),
        ({"pair": [1]}, "/pair must have at least 2 elements"),
        ({"note": [{"text": "t"}, {"text": "t", "n": 1.5}]}, "/note/1/n must be an integer, not 1.5"),
        ({"main": {"text": "t", "n": 7.0}}, "/main/n must be an integer, not 7.0"),
        ({"mood": "so so"}, "/mood must be one of good, bad, not 'so so'"),
        (
            {"born": "2024-05-01"},
            "/born must be a date-time with an offset, like 2024-05-01T10:00:00Z, not '2024-05-01'",
        ),
        ({"day": "May"}, "/day must be a date, like 2024-05-01, not 'May'"),
        ({"code": "a"}, '/code "a" does not match "^[A-Z]+$"'),
        ({"rare": "four"}, '/rare "four" is longer than 3 characters'),
    ],
)
def test_a_violation_is_told_with_its_place_and_what_would_be_right(more: dict[str, Any], told: str) -> None:
    error = refused({**VALID, **more})
    assert isinstance(error, InvalidField)
    assert error.message == told


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"code": "A", "main": {"text": "t"}}, "/name is mandatory"),
        ({**VALID, "name": None}, "/name is mandatory and may not be null"),
        ({**VALID, "name": ""}, "/name is mandatory and may not be blank"),
        ({**VALID, "name": " \t\n"}, "/name is mandatory and may not be blank"),
        ({**VALID, "main": None}, "/main is mandatory and may not be null"),
        ({**VALID, "main": {}}, "/main/text is mandatory"),
        ({**VALID, "note": [{"text": None}]}, "/note/0/text is mandatory and may not be null"),
        ({**VALID, "note": [{"text": "t"}, {"text": ""}]}, "/note/1/text is mandatory and may not be blank"),
        ({}, "/name is mandatory; /code is mandatory; /main is mandatory"),
    ],
)
def test_what_is_mandatory_may_be_neither_absent_nor_null_nor_blank(body: dict[str, Any], told: str) -> None:
    error = refused(body)
    assert isinstance(error, MissingField)
    assert error.message == told


def test_something_wrong_beside_something_missing_is_an_invalid_field() -> None:
    error = refused({"name": 5, "code": "A"})
    assert isinstance(error, InvalidField)
    assert set(error.message.split("; ")) == {"/name must be a string, not 5", "/main is mandatory"}


def test_a_body_that_is_no_object_is_told_as_the_body() -> None:
    assert refused([]).message.startswith("the body must be an object, not an array")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "told", "rest"), [(1, 1, ""), (20, 20, ""), (21, 20, "; and 1 more"), (90, 20, "; and 70 more")]
)
def test_twenty_violations_are_told_and_the_rest_counted(wrong: int, told: int, rest: str) -> None:
    error = refused({**VALID, "note": [{"text": n} for n in range(wrong)]})
    assert error.message.count("must be a string") == told
    assert error.message.endswith(f"/note/{told - 1}/text must be a string, not {told - 1}{rest}")


@given(st.text(min_size=100, max_size=300), st.sampled_from(["alive", "mood", "born", "main", "note", "rare", "code"]))
def test_a_long_value_is_shortened_in_the_message(value: str, name: str) -> None:
    assert len(refused({**VALID, name: value}).message) < 320


def test_only_what_is_lenient_is_free_of_its_enum() -> None:
    strict = Validator(DOCUMENT, ref("Party"))
    assert refused({**VALID, "status": "other"}, strict).message == "/status must be one of open, closed, not 'other'"
    CHECKS.check({**VALID, "status": "other"})


def test_only_at_its_own_place_an_attribute_is_lenient() -> None:
    friendly = {"allOf": [ref("Base"), {"properties": {"friend": ref("Base")}}]}
    checks = Validator(
        {"components": {"schemas": {**DOCUMENT["components"]["schemas"], "Friendly": friendly}}},
        ref("Friendly"),
        lenient=("status",),
    )
    checks.check({"status": "other", "friend": {"status": "open"}})
    error = refused({"status": "other", "friend": {"status": "other"}}, checks)
    assert error.message == "/friend/status must be one of open, closed, not 'other'"


NUMBERS: dict[str, Any] = {
    "above": {"type": "number", "minimum": 1, "exclusiveMinimum": True},
    "below": {"type": "number", "maximum": 1, "exclusiveMaximum": True},
    "from": {"type": "number", "minimum": 1, "exclusiveMinimum": False},
    "whole": {"type": "integer", "nullable": True},
}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("above", 1.5, ""),
        ("above", 1, "/above 1 is less than or equal to the minimum of 1"),
        ("below", 0.5, ""),
        ("below", 1, "/below 1 is greater than or equal to the maximum of 1"),
        ("from", 1, ""),
        ("from", 0, "/from 0 is less than the minimum of 1"),
        ("whole", -(2**70), ""),
        ("whole", None, ""),
        ("whole", 1.0, "/whole must be an integer, not 1.0"),
        ("whole", "1", "/whole must be a null or an integer, not '1'"),
    ],
)
def test_numbers_are_checked_as_openapi_means_it(name: str, value: Any, told: str) -> None:
    checks = Validator(
        {"components": {"schemas": {"Numbers": {"type": "object", "properties": NUMBERS}}}}, ref("Numbers")
    )
    if told:
        assert refused({name: value}, checks).message == told
    else:
        checks.check({name: value})


def test_another_number_that_is_not_written_whole_is_a_new_violation() -> None:
    before = {**VALID, "main": {"text": "t", "n": 7.0}}
    CHECKS.check_change(before, {**before, "alive": True})
    with pytest.raises(InvalidField, match=r"^/main/n must be an integer, not 8\.0$"):
        CHECKS.check_change(before, {**before, "main": {"text": "t", "n": 8.0}})


def test_preparing_the_schemas_leaves_the_document_as_it_is() -> None:
    assert DOCUMENT["components"]["schemas"]["Note"]["properties"]["text"] == {"type": "string"}
    assert DOCUMENT["components"]["schemas"]["Base"]["properties"]["status"]["enum"] == ["open", "closed"]


def test_a_change_of_something_else_is_no_matter_of_old_violations() -> None:
    before = {"name": "Ann", "mood": "so so", "note": [{}]}
    CHECKS.check_change(before, {**before, "alive": True})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": None}, "/name is mandatory and may not be null"),
        ({"name": ""}, "/name is mandatory and may not be blank"),
        ({"alive": 5}, "/alive must be a boolean, not 5"),
        ({"mood": "other"}, "/mood must be one of good, bad, not 'other'"),
        ({"note": [{}, {}]}, "/note/1/text is mandatory"),
    ],
)
def test_a_change_may_add_no_violation(changed: dict[str, Any], told: str) -> None:
    before = {"name": "Ann", "mood": "so so", "note": [{}]}
    with pytest.raises(InvalidField) as caught:
        CHECKS.check_change(before, {**before, **changed})
    assert caught.value.message == told


def test_removing_what_is_mandatory_is_an_invalid_field() -> None:
    with pytest.raises(InvalidField, match=r"^/name is mandatory$"):
        CHECKS.check_change(VALID, {name: value for name, value in VALID.items() if name != "name"})


def test_a_change_may_mend_an_old_violation() -> None:
    CHECKS.check_change({"name": 5}, VALID)


BODIES = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Ann", "", None, 5]),
        "code": st.sampled_from(["A", "a", None]),
        "main": st.sampled_from([{"text": "t"}, {}, None]),
        "mood": st.sampled_from(["good", "other"]),
    },
)


@given(BODIES)
def test_a_document_that_does_not_change_is_never_refused(body: dict[str, Any]) -> None:
    CHECKS.check_change(body, body)


class Undivided:
    """Finds nothing, but would look at the whole body for it."""

    concerns = None

    def violations(self, body: Any) -> Iterator[Violation]:
        """None."""
        return iter(())


WHOLE = Validator(DOCUMENT, ref("Party"), lenient=("status",), also=[Undivided()])


def outcome(checks: Validator, before: dict[str, Any], after: dict[str, Any]) -> str:
    try:
        checks.check_change(before, after)
    except InvalidField as refusal:
        return refusal.message
    return ""


@given(BODIES, BODIES, st.sets(st.sampled_from(["name", "code", "main", "mood"])))
def test_a_change_is_judged_by_what_differs_as_by_the_whole(
    before: dict[str, Any], after: dict[str, Any], left: set[str]
) -> None:
    after = {**after, **{name: value for name, value in before.items() if name in left}}
    assert outcome(CHECKS, before, after) == outcome(WHOLE, before, after)


def test_instants_count_as_text_in_a_change() -> None:
    before = {**VALID, "born": datetime(2024, 5, 1, tzinfo=UTC)}
    CHECKS.check_change(before, {**before, "alive": True})
    CHECKS.check_change(VALID, before)
    with pytest.raises(InvalidField, match=r"^/mood must be one of good, bad, not 'other'$"):
        CHECKS.check_change(before, {**before, "mood": "other"})


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"type": "object", "properties": {"a": {"oneOf": []}}, "description": "d"}, set()),
        ({"required": ["a"], "allOf": [{"required": ["b"]}, {"allOf": [{"required": ["c"]}]}]}, {"a", "b", "c"}),
        ({"minProperties": 1}, None),
        ({"required": ["a"], "allOf": [{"allOf": [{"if": {}, "then": {}}]}]}, None),
        ({"allOf": [{"$ref": "#/components/schemas/A"}]}, None),
    ],
)
def test_which_members_must_always_be_checked(schema: dict[str, Any], names: set[str] | None) -> None:
    assert required_members(schema) == names


@given(BODIES, BODIES)
def test_a_valid_document_may_follow_any_and_none_may_spoil_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    CHECKS.check_change(before, VALID)
    try:
        CHECKS.check(after)
    except TmfError:
        with pytest.raises(InvalidField):
            CHECKS.check_change(VALID, after)


@pytest.mark.parametrize(
    ("path", "text"), [([], ""), (["a", 0, "b"], "/a/0/b"), (["a/b", "~", "~1"], "/a~1b/~0/~01"), ([""], "/")]
)
def test_a_place_is_a_json_pointer(path: list[Any], text: str) -> None:
    assert pointer(path) == text
