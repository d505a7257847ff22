# SPDX-License-Identifier: Apache-2.0
"""Policies: what processes follow, as data (`LIAISON_POLICIES`): reasons, checks of partner systems, time limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.domain.survivorship import RULES, Survivorship
from app.errors import StartError

SETTING = "LIAISON_POLICIES"
DEFAULT = Path(__file__).with_name("policies.yaml")

PROCEED, WAIT, PERSON, REFUSE = VERDICTS = ("proceed", "wait", "person", "refuse")
"""What a finding leads to, from the mildest to the strictest."""

MERGE = "merge"
"""What may become of two live customers of parties that are merged, and of two that are certainly the same."""

SURVIVORS = MOST_COMPLETE, LATEST_CHANGE = ("mostComplete", "latestChange")
"""Which of two survives that nobody decides about: that with the most values, or that which was changed last."""

SYSTEMS = ("fulfillment", "billing", "assurance")
"""The systems that dismantle what a customer had: the verticals with which eTOM associates the process."""

_DURATION = re.compile(r"P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True)
class ReasonPolicy:
    """What stands against an end for one reason: the verdict for each finding, and `otherwise`, where there is none.

    For as long as `cooling_off` after it was asked for, the end waits, and can be revoked.
    """

    verdicts: Mapping[str, str]
    otherwise: str = PROCEED
    cooling_off: timedelta = timedelta()


@dataclass(frozen=True)
class CheckPolicy:
    """A check of a partner system: its `url` is asked by POST, and has so many seconds to answer."""

    name: str
    url: str
    seconds: float = 10.0


@dataclass(frozen=True)
class TerminatePolicy:
    """How a customer relationship ends; `dismantle` has how long each system may take to acknowledge."""

    reasons: Mapping[str, ReasonPolicy]
    checks: tuple[CheckPolicy, ...] = ()
    dismantle: Mapping[str, timedelta] = field(default_factory=dict)
    informed: frozenset[str] = frozenset("*")


@dataclass(frozen=True)
class ReestablishPolicy:
    """How a customer comes back: after an end for these reasons only a `person` may let it."""

    person: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EstablishPolicy:
    """How a prospect becomes a customer."""

    checks: tuple[CheckPolicy, ...] = ()


@dataclass(frozen=True)
class MergePolicy:
    """How two records become one: whose value an attribute has, by resource, and what becomes of two live customers."""

    live_customers: str = PERSON
    rules: Mapping[str, Survivorship] = field(default_factory=dict)

    def survivorship(self, resource: str) -> Survivorship:
        """Whose value each attribute of a resource has."""
        return self.rules.get(resource, Survivorship())


@dataclass(frozen=True)
class ResolvePolicy:
    """Who decides of two that are certainly the same: a `person`, or nobody (`merge`); which of both survives then."""

    certain: str = PERSON
    survivor: str = MOST_COMPLETE


@dataclass(frozen=True)
class Policies:
    """The policies of all processes."""

    terminate: TerminatePolicy
    reestablish: ReestablishPolicy
    establish: EstablishPolicy
    merge: MergePolicy
    resolve_duplicate: ResolvePolicy


class _Duration(fields.Field[timedelta]):
    """A duration of ISO 8601 without years and months, whose length depends on the calendar."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> timedelta:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError(f"'{value}' should be a duration such as P14D or PT2H")
        weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


class _ReasonShape(Schema):
    open_interaction = fields.String(data_key="openInteraction", validate=validate.OneOf(VERDICTS), load_default=PERSON)
    blocked = fields.String(validate=validate.OneOf(VERDICTS), load_default=PERSON)
    unanswered = fields.String(validate=validate.OneOf([PERSON, REFUSE]), load_default=PERSON)
    legal_hold = fields.String(data_key="legalHold", validate=validate.OneOf(VERDICTS), load_default=PERSON)
    otherwise = fields.String(validate=validate.OneOf(VERDICTS), load_default=PROCEED)
    cooling_off = _Duration(data_key="coolingOff", load_default=timedelta())

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> ReasonPolicy:
        return ReasonPolicy(otherwise=data.pop("otherwise"), cooling_off=data.pop("cooling_off"), verdicts=data)


class _CheckShape(Schema):
    name = fields.String(required=True)
    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    seconds = fields.Float(load_default=10.0, validate=validate.Range(0.1, 600))

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> CheckPolicy:
        return CheckPolicy(**data)


class _TerminateShape(Schema):
    reasons = fields.Dict(fields.String(), fields.Nested(_ReasonShape), required=True)
    checks = fields.List(fields.Nested(_CheckShape), load_default=list)
    dismantle = fields.Dict(fields.String(validate=validate.OneOf(SYSTEMS)), _Duration(), load_default=dict)
    informed = fields.List(fields.String(), load_default=lambda: ["*"])

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> TerminatePolicy:
        return TerminatePolicy(data["reasons"], tuple(data["checks"]), data["dismantle"], frozenset(data["informed"]))


class _ReestablishShape(Schema):
    person = fields.List(fields.String(), load_default=list)

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> ReestablishPolicy:
        return ReestablishPolicy(frozenset(data["person"]))


class _EstablishShape(Schema):
    checks = fields.List(fields.Nested(_CheckShape), load_default=list)

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> EstablishPolicy:
        return EstablishPolicy(tuple(data["checks"]))


class _MergeShape(Schema):
    live_customers = fields.String(
        data_key="liveCustomers", validate=validate.OneOf([PERSON, MERGE, REFUSE]), load_default=PERSON
    )
    survivorship = fields.Dict(
        fields.String(),
        fields.Dict(fields.String(), fields.String(validate=validate.OneOf(RULES))),
        load_default=dict,
    )

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> MergePolicy:
        return MergePolicy(
            data["live_customers"], {name: Survivorship(rules) for name, rules in data["survivorship"].items()}
        )


class _ResolveShape(Schema):
    certain = fields.String(validate=validate.OneOf([PERSON, MERGE]), load_default=PERSON)
    survivor = fields.String(validate=validate.OneOf(SURVIVORS), load_default=MOST_COMPLETE)

    @post_load
    def _policy(self, data: dict[str, Any], **_: Any) -> ResolvePolicy:
        return ResolvePolicy(**data)


class _PoliciesShape(Schema):
    terminate = fields.Nested(_TerminateShape)
    reestablish = fields.Nested(_ReestablishShape)
    establish = fields.Nested(_EstablishShape)
    merge = fields.Nested(_MergeShape)
    resolve_duplicate = fields.Nested(_ResolveShape, data_key="resolveDuplicate")


def read_policies(file: str) -> Policies:
    """The policies in a file; what it leaves out, of a process too, is as in the default ones. Raises `StartError` with
    all that is wrong, a line each."""
    default, own = _content(str(DEFAULT)), _content(file) if file else {}
    try:
        return Policies(**_PoliciesShape().load(_with_defaults(own, default) if isinstance(own, dict) else {"": own}))
    except ValidationError as wrong:
        raise StartError("\n".join(f"{SETTING}={file}: {line}" for line in _lines(wrong.messages))) from None


def _content(file: str) -> Any:
    try:
        return yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise StartError(f"{SETTING}={file}: cannot be read: {wrong}") from None


def _with_defaults(own: dict[str, Any], default: dict[str, Any]) -> dict[str, Any]:
    """The policies of each process, with the default ones that it leaves out."""
    return {
        name: {**default.get(name, {}), **policies} if isinstance(policies, dict) else policies
        for name, policies in {**default, **own}.items()
    }


def _lines(messages: Any, place: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [line for name, inner in messages.items() for line in _lines(inner, f"{place}.{name}".strip("."))]
    return [f"{place}: {' '.join(map(str, messages))}"]
