# SPDX-License-Identifier: Apache-2.0
"""The shape of a file with the policies of interactions: what each part of it may say."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.domain.durations import Duration
from app.interactions.notices.transport import EMAIL, MEDIA
from app.interactions.policies import CRITERIA
from app.interactions.promises import CONTINUE, FIRST_RESPONSE, NAMES, PARTY, PROGRESS, REOPENING, RESOLUTION

ALWAYS = "always"
"""The calendar of those policies that name none: every minute counts."""

TRACKED, BASE = "TrackedInteraction", "PartyInteraction"
PARTIES = ("party", "enterprise", "thirdParty")
"""Whose turn it may be."""

LONGEST = timedelta(days=366)
TARGETS = {"first_response": FIRST_RESPONSE, "progress": PROGRESS, "resolution": RESOLUTION}
"""The promises, by the members of a loaded policy that say how much time there is."""


class _Duration(fields.Field[timedelta]):
    """A duration of ISO 8601 without years and months: their working time depends on where they begin."""

    def __init__(self, *, least: timedelta = timedelta(minutes=1), **more: Any) -> None:
        super().__init__(**more)
        self._least = least

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> timedelta:
        try:
            found = Duration.parse(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.months or not self._least <= found.span <= LONGEST:
            least = "PT0S" if not self._least else "PT1M"
            raise ValidationError(f"'{value}' should be a duration such as PT4H or P2D, from {least} to P366D")
        return found.span


class _HolidaysShape(Schema):
    country = fields.String(required=True)
    subdivision = fields.String()


class _CalendarShape(Schema):
    time_zone = fields.String(data_key="timeZone", required=True)
    week = fields.Dict(fields.String(), fields.List(fields.String()), required=True)
    holidays = fields.Nested(_HolidaysShape)
    holiday_files = fields.List(fields.String(), data_key="holidayFiles")
    closed = fields.List(fields.Date("iso"))
    open = fields.List(fields.Date("iso"))


class _NoticeShape(Schema):
    promise = fields.String(required=True, validate=validate.OneOf(NAMES))
    tell = fields.String(required=True, validate=validate.Length(1, 60))
    before = _Duration(least=timedelta())
    after = _Duration(least=timedelta())

    @validates_schema(skip_on_field_errors=True)
    def _one_distance(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data.keys() & {"before", "after"}) != 1:
            raise ValidationError("should have one of before and after, such as before: PT2H")


class _PolicyShape(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 60))
    when = fields.Dict(
        fields.String(validate=validate.OneOf(list(CRITERIA))),
        fields.List(fields.String(), validate=validate.Length(1)),
        load_default=dict,
    )
    calendar = fields.String(load_default=ALWAYS)
    first_response = _Duration(data_key="firstResponse")
    progress = _Duration()
    resolution = _Duration()
    pause_while = fields.List(
        fields.String(validate=validate.OneOf(PARTIES)), data_key="pauseWhile", load_default=lambda: ["party"]
    )
    answered_by = fields.List(fields.String(), data_key="answeredBy", load_default=lambda: ["agent"])
    reopening = fields.String(validate=validate.OneOf(REOPENING), load_default=CONTINUE)
    notices = fields.List(fields.Nested(_NoticeShape), load_default=list)

    @validates_schema(skip_on_field_errors=True)
    def _require_promises(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data.keys() & TARGETS.keys():
            raise ValidationError(f"promises nothing; should have one of {', '.join(NAMES)}")
        made = {TARGETS[name] for name in data.keys() & TARGETS.keys()}
        if unmade := [each["promise"] for each in data["notices"] if each["promise"] not in made]:
            raise ValidationError({"notices": [f"tell of {unmade[0]}, which the policy does not promise"]})


class _RecipientShape(Schema):
    medium = fields.String(load_default=EMAIL, validate=validate.OneOf(MEDIA))
    address = fields.String(required=True, validate=validate.Length(1, 500))
    name = fields.String(load_default="", validate=validate.Length(0, 200))
    language = fields.String(load_default="", validate=validate.Length(0, 35))


class _ConsentShape(Schema):
    required = fields.Boolean(truthy={True}, falsy={False}, load_default=False)
    names = fields.List(fields.String(), load_default=lambda: ["notices"])
    purposes = fields.List(fields.String(), load_default=list)
    agreed = fields.List(fields.String(), load_default=lambda: ["opted in", "yes", "true"])
    refused = fields.List(
        fields.String(), load_default=lambda: ["opted out", "no", "false"], validate=validate.Length(1)
    )

    @validates_schema(skip_on_field_errors=True)
    def _either(self, data: Mapping[str, Any], **_: Any) -> None:
        if both := {*map(str.lower, data["agreed"])} & {*map(str.lower, data["refused"])}:
            raise ValidationError({"agreed": [f"has '{min(both)}', which means a refusal, too"]})


class _NoticesShape(Schema):
    party = fields.String(load_default=ALWAYS)
    representative = fields.String(load_default=ALWAYS)
    recipients = fields.Dict(
        fields.String(validate=validate.Length(1, 60)), fields.Nested(_RecipientShape), load_default=dict
    )
    consent = fields.Nested(_ConsentShape, load_default=lambda: _ConsentShape().load({}))

    @validates_schema(skip_on_field_errors=True)
    def _no_party(self, data: Mapping[str, Any], **_: Any) -> None:
        if PARTY in data["recipients"]:
            raise ValidationError({"recipients": ["names the party, whose own contact media say how it is reached"]})


class FileShape(Schema):
    applies_to = fields.String(data_key="appliesTo", validate=validate.OneOf([TRACKED, BASE]), load_default=TRACKED)
    withdrawn = fields.List(fields.String(), load_default=lambda: ["cancelled"])
    calendars = fields.Dict(fields.String(), fields.Nested(_CalendarShape), load_default=dict)
    policies = fields.List(fields.Nested(_PolicyShape), required=True, validate=validate.Length(1))
    notices = fields.Nested(_NoticesShape, load_default=lambda: _NoticesShape().load({}))

    @validates_schema(skip_on_field_errors=True)
    def _names(self, data: Mapping[str, Any], **_: Any) -> None:
        names, wrong = [each["name"] for each in data["policies"]], dict[int, Any]()
        for index, policy in enumerate(data["policies"]):
            if policy["name"] in names[:index]:
                wrong[index] = {"name": [f"'{policy['name']}' is that of another policy, too"]}
            elif policy["calendar"] not in {*data["calendars"], ALWAYS}:
                known = ", ".join([*data["calendars"], ALWAYS])
                wrong[index] = {"calendar": [f"'{policy['calendar']}' is no calendar of the file; there are {known}"]}
        if wrong:
            raise ValidationError({"policies": wrong})
        known = ", ".join([*data["calendars"], ALWAYS])
        for name in ("party", "representative"):
            if (calendar := data["notices"][name]) not in {*data["calendars"], ALWAYS}:
                told = f"'{calendar}' is no calendar of the file; there are {known}"
                raise ValidationError({"notices": {name: [told]}})
