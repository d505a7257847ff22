# SPDX-License-Identifier: Apache-2.0
"""Proposals of lifecycles, from the enum of the state: published documents list states, and no transitions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.events import lower_camel
from app.domain.query.attributes import DATE_TIME
from app.spec.expansion import noun
from app.spec.schemas import PREFIX, Schemas

STATES = ("status", "state", "lifecycleStatus", "lifecycleState", "lifeCycleStatus", "lifeCycleState")
"""Usual names of the attribute that holds the state, the likelier ones first."""
_INITIAL = (
    "initialized", "initial", "created", "new", "acknowledged", "draft", "indraft", "instudy", "planned", "requested",
    "registered", "notstarted", "feasibilitychecked", "pending", "accepted", "inprogress", "active",
)  # fmt: skip
"""Usual names of the initial state, the likelier ones first."""
_FINAL = (
    "cancelled", "canceled", "terminated", "terminatedwitherror", "closed", "completed", "rejected", "retired",
    "obsolete", "done", "failed", "succeeded", "deceased",
)  # fmt: skip
"""Usual names of final states."""


MOST_STATES = 60
"""States at most for which all transitions are proposed, whose number grows with the square."""


def state_attribute(schemas: Schemas, resource: str) -> str | None:
    """The attribute that holds the state: one with an enum, else the likeliest; None where there is none."""
    members = schemas.tree(resource).members
    last = lower_camel(noun(resource).rpartition(" ")[2])
    names = (*STATES, *(f"{prefix}{word}" for prefix in (lower_camel(resource), last) for word in ("Status", "State")))
    texts = [name for name in names if name in members and members[name].kind == "string" and not members[name].array]
    return next((name for name in texts if states(schemas, resource, name)), texts[0] if texts else None)


def states(schemas: Schemas, resource: str, attribute: str) -> list[str]:
    """The states that an enum lists; empty where there is none, too many, or two that differ in case alone."""
    declared = schemas.properties({"$ref": PREFIX + resource}).get(attribute, {})
    listed = [part["enum"] for part in schemas.parts(declared) if "enum" in part]
    texts = [value for value in (listed[-1] if listed else []) if value is not None]
    if len(texts) > MOST_STATES or not all(isinstance(text, str) and text.strip() for text in texts):
        return []
    return texts if len({text.lower() for text in texts}) == len(texts) else []


def propose_lifecycle(schemas: Schemas, resource: str) -> dict[str, Any] | None:
    """The `x-lifecycle` of a resource; None where no enum lists its states."""
    attribute = state_attribute(schemas, resource)
    listed = states(schemas, resource, attribute) if attribute else []
    if not attribute or not listed:
        return None
    moves = {state: _moves(state, listed) for state in listed}
    lifecycle = {"field": attribute, "initial": initial_state(listed), "moves": moves}
    changed = next(_change_dates(schemas, resource, attribute), None)
    return {**lifecycle, "changed": changed} if changed else lifecycle


def _moves(state: str, listed: list[str]) -> list[str]:
    return [] if _plain(state) in _FINAL else [other for other in listed if other != state]


def initial_state(listed: list[str]) -> str:
    """The initial state among those listed, by its name."""
    by_name = {_plain(state): state for state in reversed(listed)}
    named = [by_name[name] for name in _INITIAL if name in by_name]
    return [*named, *(state for state in listed if _plain(state) not in _FINAL), *listed][0]


def _change_dates(schemas: Schemas, resource: str, state: str) -> Iterator[str]:
    members: Mapping[str, Any] = schemas.tree(resource).members
    for name in (f"{word}{kind}" for word in (state, "status", "state") for kind in ("ChangeDate", "Date")):
        if name in members and members[name].kind == DATE_TIME and not members[name].array:
            yield name


def _plain(state: str) -> str:
    """A state in lower case without blanks and punctuation: `In study` is `instudy`."""
    return re.sub(r"[^a-z0-9]", "", state.lower())
