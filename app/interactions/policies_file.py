# SPDX-License-Identifier: Apache-2.0
"""Reads the policies of interactions (`LIAISON_INTERACTION_POLICIES`): every fault in them is a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from app.domain.channels import plain_direction
from app.errors import StartError
from app.interactions.calendars import WrongCalendar, resolve_calendar, working_time
from app.interactions.consent import ConsentPolicy
from app.interactions.notices.terms import NoticeTerms, Recipient
from app.interactions.policies import PolicyVersion
from app.interactions.policies_shapes import ALWAYS, TARGETS, FileShape
from app.interactions.promises import NoticeHours, NoticeStep, Policy
from app.interactions.working_time import WorkingTime
from app.spec.yaml_loader import load_yaml

SETTING = "LIAISON_INTERACTION_POLICIES"
_EVERY_DAY = {"timeZone": "UTC", "week": {"mon-sun": ["00:00-24:00"]}}


def read_policies(path: str) -> PolicyVersion:
    """The policies in a YAML file, with all that it refers to. Raises `StartError` with a line for each fault."""
    file = Path(path).expanduser()
    try:
        content = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        reason = getattr(wrong, "strerror", None) or " ".join(str(wrong).split())
        raise _refusal(path, [f"cannot be read: {reason}"]) from None
    if not isinstance(content, dict):
        raise _refusal(path, ["should be a mapping with calendars and policies"])
    try:
        FileShape().load(content)
    except ValidationError as wrong:
        raise _refusal(path, _lines(wrong.messages)) from None
    calendars, faults = {}, []
    for name, calendar in content.get("calendars", {}).items():
        try:
            calendars[name] = resolve_calendar(calendar, file.parent)
            working_time(calendars[name])
        except WrongCalendar as fault:
            faults.append(f"calendars.{name}.{fault}")
    if faults:
        raise _refusal(path, faults)
    return policy_version({**content, "calendars": calendars})


def policy_version(content: Mapping[str, Any]) -> PolicyVersion:
    """The version of the policies in a file whose calendars are resolved: what is kept of it leads to the same."""
    bare = {"calendars": {}, "policies": _without_calendars(content), "notices": _without_hours(content)}
    loaded: dict[str, Any] = FileShape().load({**content, **bare})
    calendars = {ALWAYS: _EVERY_DAY, **content["calendars"]}
    hours = {name: working_time(calendar) for name, calendar in calendars.items()}
    named = [each.get("calendar", ALWAYS) for each in content["policies"]]
    allowed = _notice_hours(content, hours)
    policies = [_policy(each, hours[name], allowed) for each, name in zip(loaded["policies"], named, strict=True)]
    withdrawn = frozenset(map(str.lower, loaded["withdrawn"]))
    terms = _notice_terms(loaded["notices"])
    return PolicyVersion(_digest(content), loaded["applies_to"], withdrawn, tuple(policies), terms, content)


def _notice_hours(content: Mapping[str, Any], hours: Mapping[str, WorkingTime]) -> NoticeHours:
    """The times at which one may be told; what is always working time needs not be looked at."""
    named = content.get("notices", {})
    party, representative = (named.get(name, ALWAYS) for name in ("party", "representative"))
    return NoticeHours(*(None if each == ALWAYS else hours[each] for each in (party, representative)))


def _notice_terms(loaded: Mapping[str, Any]) -> NoticeTerms:
    consent = dict(loaded["consent"])
    policy = ConsentPolicy(consent.pop("required"), **{name: _lower(texts) for name, texts in consent.items()})
    return NoticeTerms(policy, {role.lower(): Recipient(**each) for role, each in loaded["recipients"].items()})


def _lower(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(str.lower, texts))


def _without_hours(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in content.get("notices", {}).items() if name not in ("party", "representative")}


def _without_calendars(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policies without the names of their calendars, which are resolved already."""
    return [{name: value for name, value in each.items() if name != "calendar"} for each in content["policies"]]


def _policy(data: Mapping[str, Any], hours: WorkingTime, notice_hours: NoticeHours) -> Policy:
    when = {name: frozenset(map(str.lower, values)) for name, values in data["when"].items()}
    return Policy(
        data["name"],
        hours,
        {**when, "direction": frozenset(map(plain_direction, when.get("direction", ["inbound"])))},
        {promise: data[name] for name, promise in TARGETS.items() if name in data},
        frozenset(data["pause_while"]),
        frozenset(map(str.lower, data["answered_by"])),
        data["reopening"],
        tuple(NoticeStep(**each) for each in data["notices"]),
        notice_hours,
    )


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()[:16]


def _refusal(file: str, lines: Iterator[str] | list[str]) -> StartError:
    return StartError("\n".join(f"{SETTING}={file}: {line}" for line in lines))


def _lines(messages: Any, place: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            # Marshmallow puts what is wrong with a value of a mapping below `value`, and with its name below `key`.
            step = "" if name in ("_schema", "value", "key") else f".{name}"
            yield from _lines(inner, f"{place}{step}".strip("."))
    else:
        yield f"{place}: {' '.join(map(str, messages))}".removeprefix(": ")
