# SPDX-License-Identifier: Apache-2.0
"""The history of a resource in words, for people."""

from typing import Any

import orjson

from app.audit.history import Step, Turn
from app.domain import dates
from app.domain.json_values import ABSENT
from app.storage.event_log.chain import DROPPED, OMISSION


def history_lines(step: Step) -> str:
    """The event with time and actor, and below it every changed attribute as `name: from → to`."""
    return "\n".join(map(_printable, [_heading(step), *_changes(step)]))


def _heading(step: Step) -> str:
    entry = step.entry
    by = f" by {entry['actor']}" if entry.get("actor") else ""
    by += f" with {entry['client']}" if entry.get("client") not in (None, entry.get("actor")) else ""
    asked = f" (correlation {entry['correlationId']})" if entry["correlationId"] else ""
    return f"#{entry['_id']} {dates.text(entry['at'])} {entry['eventType']} revision {entry['revision']}{by}{asked}"


def _changes(step: Step) -> list[str]:
    if step.turns is None:
        names = ", ".join(step.entry["changed"])
        return [f"    {names} ({_reason(step)})"]
    return [_change(turn) for turn in step.turns]


def _reason(step: Step) -> str:
    """The reason why an event has no values, in words."""
    if OMISSION in step.entry:
        return f"the values are not in the log: {step.entry[OMISSION]}"
    return f"the values were dropped {dates.text(step.entry[DROPPED])}"


def _change(turn: Turn) -> str:
    return f"    {turn.attribute}: {_value(turn.before)} → {_value(turn.after)}"


def _value(value: Any) -> str:
    return "nothing" if value is ABSENT else orjson.dumps(value, default=str).decode()


def _printable(text: str) -> str:
    """`text` with control characters escaped, as clients chose some of it, and terminals interpret them."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
