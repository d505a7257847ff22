# SPDX-License-Identifier: Apache-2.0
"""Reads the retention schedule (`LIAISON_RETENTION`), and checks it against the resources of the server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.exceptions import SCHEMA

from app.apis import Api
from app.composition.api_resources import api_versions
from app.composition.served_apis import served_apis
from app.domain.durations import Duration
from app.domain.retention import ACTIONS, ARCHIVE, PURGE, RetentionRule, RetentionSchedule
from app.domain.rules import SUBJECT, Lifecycle
from app.errors import DocumentsError
from app.settings import Settings

SETTING = "LIAISON_RETENTION"
DEFAULT = Path(__file__).with_name("retention.yaml")


class _TriggerShape(Schema):
    resource = fields.String(required=True)
    state = fields.List(fields.String(), required=True, validate=validate.Length(1))


class _RuleShape(Schema):
    trigger = fields.Nested(_TriggerShape, required=True)
    duration = fields.String(required=True)
    basis = fields.String(required=True, data_key="legalBasis", validate=validate.Length(1))
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))


def retention_schedule(settings: Settings) -> RetentionSchedule:
    """The schedule of a server with these settings, which need name no database. Raises `StartError`."""
    apis = served_apis(settings)
    resources = {name: each for part in api_versions(settings, apis) for name, each in part.resources.items()}
    return read_schedule(settings.retention, {name: each.lifecycle for name, each in resources.items()}, apis)


def read_schedule(file: str, lifecycles: Mapping[str, Lifecycle], apis: Iterable[Api]) -> RetentionSchedule:
    """The schedule in a YAML file, or the server's own. Raises `DocumentsError` with a line for each reason."""
    path = Path(file).expanduser() if file else DEFAULT
    wrong: list[str] = []
    of_resources = {name: each for api in apis for name, each in api.rules.items()}
    fitting = {
        ARCHIVE: sorted(name for name, each in of_resources.items() if each.archived == SUBJECT),
        PURGE: sorted(name for name, each in of_resources.items() if each.registers_bundles),
    }
    rules: dict[str, RetentionRule] = {}
    for category, rule in _content(path).items():
        try:
            loaded: dict[str, Any] = _RuleShape().load(rule)
        except ValidationError as error:
            wrong += [f"{category}{line}" for line in _lines(_messages(error))]
            continue
        problems = list(_problems(loaded, lifecycles, fitting))
        wrong += [f"{category}.{problem}" for problem in problems]
        if not problems:
            rules[str(category)] = _rule(str(category), loaded)
    if wrong and file:
        raise DocumentsError("\n".join(f"{SETTING}={path}: {line}" for line in wrong))
    return RetentionSchedule(rules)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise DocumentsError(f"{SETTING}={path}: cannot be read: {reason}") from None
    if not isinstance(content, Mapping):
        raise DocumentsError(f"{SETTING}={path}: should map each category to its trigger, duration, legalBasis, action")
    return content


def _rule(category: str, loaded: Mapping[str, Any]) -> RetentionRule:
    trigger, written = loaded["trigger"], loaded["duration"]
    states = tuple(trigger["state"])
    duration = Duration.parse(written)
    return RetentionRule(category, trigger["resource"], states, duration, written, loaded["basis"], loaded["action"])


def _problems(
    loaded: Mapping[str, Any], lifecycles: Mapping[str, Lifecycle], fitting: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    resource, action = loaded["trigger"]["resource"], loaded["action"]
    lifecycle = lifecycles.get(resource)
    if lifecycle is None or not lifecycle.field:
        known = ", ".join(sorted(name for name, each in lifecycles.items() if each.field))
        yield f"trigger.resource: '{resource}' is no resource with states; there are {known}"
    else:
        for state in loaded["trigger"]["state"]:
            if lifecycle.state(state) is None:
                yield f"trigger.state: '{state}' is no state of {resource}; there are {', '.join(lifecycle.moves)}"
    try:
        Duration.parse(loaded["duration"])
    except ValueError as error:
        yield f"duration: {error}"
    expected = fitting.get(action)
    if expected is not None and resource not in expected:
        yield f"action: '{action}' is for {', '.join(expected) or 'nothing here'} alone, not for {resource}"


def _messages(error: ValidationError) -> Mapping[Any, Any]:
    return error.messages if isinstance(error.messages, dict) else {"rule": error.messages}


def _lines(messages: Mapping[Any, Any], place: str = "") -> Iterator[str]:
    for name, inner in messages.items():
        if name == SCHEMA:  # What it is altogether is wrong.
            yield f"{place}: {' '.join(map(str, inner))}"
        elif isinstance(inner, Mapping):
            yield from _lines(inner, f"{place}.{name}")
        else:
            yield f"{place}.{name}: {' '.join(map(str, inner))}"
