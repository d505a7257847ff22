# SPDX-License-Identifier: Apache-2.0
"""Survey policies as data (`LIAISON_SURVEY_POLICIES`): contact fatigue, time to answer, and consent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.errors import StartError
from app.interactions.consent import ConsentPolicy
from app.interactions.survey_texts import LANGUAGES
from app.spec.yaml_loader import load_yaml

SETTING = "LIAISON_SURVEY_POLICIES"
DEFAULT = Path(__file__).with_name("survey_policies.yaml")


@dataclass(frozen=True)
class SurveyPolicy:
    """Of one kind of survey: how long a party is left alone before, and how long it has to answer."""

    between: timedelta
    to_answer: timedelta


@dataclass(frozen=True)
class SurveyPolicies:
    """The policies of all kinds of surveys; `language` is that of who has said nothing else."""

    surveys: Mapping[str, SurveyPolicy]
    language: str
    consent: ConsentPolicy


class _SurveyShape(Schema):
    between = fields.Integer(data_key="daysBetween", required=True, strict=True, validate=validate.Range(0, 3660))
    to_answer = fields.Integer(data_key="daysToAnswer", required=True, strict=True, validate=validate.Range(1, 366))

    @post_load
    def _policy(self, data: Mapping[str, int], **_: Any) -> SurveyPolicy:
        return SurveyPolicy(timedelta(days=data["between"]), timedelta(days=data["to_answer"]))


class _ConsentShape(Schema):
    required = fields.Boolean(truthy={True}, falsy={False})
    names = fields.List(fields.String())
    purposes = fields.List(fields.String())
    agreed = fields.List(fields.String())
    refused = fields.List(fields.String(), validate=validate.Length(1))

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> ConsentPolicy:
        required = data.pop("required")
        if both := {*map(str.lower, data["agreed"])} & {*map(str.lower, data["refused"])}:
            raise ValidationError({"agreed": [f"has '{min(both)}', which means a refusal, too"]})
        return ConsentPolicy(required, **{name: frozenset(map(str.lower, texts)) for name, texts in data.items()})


class _PoliciesShape(Schema):
    surveys = fields.Dict(fields.String(), fields.Nested(_SurveyShape))
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    consent = fields.Nested(_ConsentShape)


def read_survey_policies(file: str, kinds: Collection[str] = ()) -> SurveyPolicies:
    """The policies in a file, which leaves out what is as in the default ones, for these `kinds` of surveys.

    Raises `StartError` with all that is wrong, a line each.
    """
    default, own = _content(DEFAULT), _content(Path(file).expanduser()) if file else {}
    try:
        if not isinstance(own, dict):
            raise ValidationError("should be a mapping")
        merged = {name: _merge_defaults(value, own.get(name, value)) for name, value in default.items()}
        policies = SurveyPolicies(**_PoliciesShape().load({**own, **merged}))
        if strange := policies.surveys.keys() - {*kinds} if kinds else ():
            known = ", ".join(sorted(kinds))
            raise ValidationError({"surveys": [f"names '{min(strange)}', which is no kind; there are {known}"]})
    except ValidationError as wrong:
        raise StartError("\n".join(f"{SETTING}={file}: {line}" for line in _lines(wrong.messages))) from None
    return policies


def _content(file: Path) -> Any:
    try:
        return load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise StartError(f"{SETTING}={file}: cannot be read: {wrong}") from None


def _merge_defaults(default: Any, own: Any) -> Any:
    return {**default, **own} if isinstance(default, dict) and isinstance(own, dict) else own


def _lines(messages: Any, place: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [line for name, inner in messages.items() for line in _lines(inner, f"{place}.{name}".strip("."))]
    return [f"{place}: {' '.join(map(str, messages))}"]
