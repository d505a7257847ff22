# SPDX-License-Identifier: Apache-2.0
"""Survey policies are checked at the start, and say who may be asked; ranges are those of the document."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ranges import Bounds, ValueRange
from app.errors import StartError
from app.interactions.survey_policies import read_survey_policies
from app.spec.declarations import declarations, undeclared_attributes
from tests.served import DOCUMENTS, PARTS

KINDS = ("CSAT", "NPS", "CES")
RESOURCE = "SatisfactionSurvey"


def written(folder: Path, content: Any) -> str:
    file = folder / "surveys.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return str(file)


def test_what_a_file_leaves_out_is_as_in_the_package(tmp_path: Path) -> None:
    own = {"surveys": {"NPS": {"daysBetween": 180, "daysToAnswer": 7}}, "consent": {"required": True}}
    default, policies = read_survey_policies("", KINDS), read_survey_policies(written(tmp_path, own), KINDS)
    assert policies.surveys["NPS"].between == timedelta(days=180)
    assert policies.surveys["CSAT"] == default.surveys["CSAT"]
    assert (policies.consent.required, policies.consent.names) == (True, default.consent.names)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"surveys": {"CSAT": {"daysBetween": -1, "daysToAnswer": 14}}}, "surveys.CSAT.value.daysBetween"),
        ({"surveys": {"NPS": {"daysBetween": 30}}}, "daysToAnswer"),
        (
            {"surveys": {"NSP": {"daysBetween": 30, "daysToAnswer": 1}}},
            "'NSP', which is no kind; there are CES, CSAT, NPS",
        ),
        ({"surveys": {"CSAT": {"daysBetween": "often", "daysToAnswer": 14}}}, "daysBetween"),
        ({"language": "eo"}, "language"),
        ({"languages": "en"}, "languages: Unknown field"),
        ({"consent": {"refused": []}}, "consent.refused"),
        ({"consent": {"agreed": ["No"]}}, "'no', which means a refusal, too"),
        ([], "should be a mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_wrong_file_ends_the_start_and_says_where(tmp_path: Path, content: Any, told: str) -> None:
    with pytest.raises(StartError, match="LIAISON_SURVEY_POLICIES=") as refusal:
        read_survey_policies(written(tmp_path, content), KINDS)
    assert told in str(refusal.value)


def profile(*said: tuple[str, str, object]) -> dict[str, Any]:
    return {
        "partyPrivacyProfileCharacteristic": [
            {"privacyUsagePurpose": purpose, "characterisitc": {"name": name, "value": value}}
            for purpose, name, value in said
        ]
    }


SAID = st.lists(
    st.tuples(
        st.sampled_from(["MARKETING", "RESEARCH"]),
        st.sampled_from(["satisfactionSurvey", "SATISFACTIONSURVEY", "emailAddress"]),
        st.sampled_from(["opted in", "Opted Out", True, False, "no", 7]),
    ),
    max_size=4,
)


@given(st.lists(SAID, max_size=3), st.booleans())
def test_one_refusal_is_enough_and_silence_is_as_the_policy_says(
    profiles: list[list[tuple[str, str, object]]], required: bool
) -> None:
    default = read_survey_policies("", KINDS).consent
    policy = type(default)(required, default.names, default.purposes, default.agreed, default.refused)
    values = [value for each in profiles for _, name, value in each if name.lower() == "satisfactionsurvey"]
    refuses = any(value in ("Opted Out", False, "no") and value is not True for value in values)
    agrees = any(value == "opted in" or value is True for value in values)
    assert policy.permits(profile(*each) for each in profiles) == (not refuses and (agrees or not required))


@given(st.sampled_from(KINDS), st.integers(-3, 13))
def test_a_number_out_of_the_range_of_its_kind_is_a_violation(kind: str, score: int) -> None:
    (ranged,) = PARTS["satisfaction", "v5"].resources[RESOURCE].rules.ranges
    least, greatest = ranged.bounds[kind]
    found = list(ranged.violations({"surveyType": kind, "score": score}))
    assert bool(found) == (not least <= score <= greatest)
    assert all(f"from {least} to {greatest}" in each.message for each in found)


def test_what_has_no_range_and_what_is_no_number_is_left_to_the_schema() -> None:
    ranged = ValueRange("score", "kind", {"A": Bounds(1, 5)})
    for document in ({"kind": "B", "score": 9}, {"kind": "A"}, {"kind": "A", "score": "9"}, {"score": 9}):
        assert not list(ranged.violations(document))


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({"stars": {"by": "surveyType", "of": {"CSAT": [1, 5]}}}, "'stars' is no attribute"),
        ({"comment": {"by": "surveyType", "of": {"CSAT": [1, 5]}}}, "'comment' is no attribute of"),
        ({"score": {"by": "score", "of": {"CSAT": [1, 5]}}}, "'score' is no attribute"),
        ({"score": {"by": "surveyType", "of": {"CSAT": [5, 1]}}}, "should come first"),
        ({"score": {"by": "surveyType", "of": {"CSAT": [5]}}}, "of.CSAT"),
        ({"score": {"of": {}}}, "by"),
    ],
)
def test_a_wrong_range_is_told_with_its_place(ranges: Any, told: str) -> None:
    document = DOCUMENTS["satisfaction-v5"]
    resources = {RESOURCE: {**document["x-tmf-resources"][RESOURCE], "x-ranges": ranges}}
    changed = {**document, "x-tmf-resources": resources}
    try:
        lines = list(undeclared_attributes(changed, declarations(changed, "here")))
    except StartError as refusal:
        lines = [str(refusal)]
    assert any(told in line and "x-ranges" in line for line in lines), lines
