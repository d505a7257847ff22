# SPDX-License-Identifier: Apache-2.0
"""The kinds of notices, the variables that a template of each may use, and examples of their values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from babel import Locale

from app.interactions.notices.message import NoticeValues
from app.interactions.notices.template_language import Variable, Variables
from app.interactions.notices.wording import (
    LONGEST_LINK,
    LONGEST_VALUE,
    Duration,
    Link,
    LocalInstant,
    Number,
    value_text,
    zone_of,
)
from app.interactions.promises import NAMES

PROGRESS, WARNING, BREACH, ESCALATION, SURVEY = "progress", "warning", "breach", "escalation", "survey"

_TEXT, _OPTIONAL = Variable(str), Variable(str, optional=True)
_INSTANTS: Variables = {"due": Variable(LocalInstant), "sent": Variable(LocalInstant)}
_ABOUT_A_PROMISE: Variables = {
    "interaction_id": _TEXT,
    "reason": _TEXT,
    "status": _TEXT,
    "promise": Variable(str, values=NAMES),
    "recipient_name": _OPTIONAL,
    "assignee_name": _OPTIONAL,
    "reopened": Variable(Number),
    "distance": Variable(Duration),
    **_INSTANTS,
}
_SURVEY: Variables = {
    "survey_link": Variable(Link),
    "interaction_id": _OPTIONAL,
    "reason": _OPTIONAL,
    "recipient_name": _OPTIONAL,
    **_INSTANTS,
}

KINDS: Mapping[str, Variables] = {
    **dict.fromkeys((PROGRESS, WARNING, BREACH, ESCALATION), _ABOUT_A_PROMISE),
    SURVEY: _SURVEY,
}
"""The variables of each kind. `distance` is the time between `sent` and `due`, whichever is earlier."""


def render_values(kind: str, values: NoticeValues, locale: Locale) -> dict[str, Any]:
    """The variables of a kind, with these values in the words of a locale and at the clocks of the recipient's zone.

    Raises `ValueError` where one has no value that a template of the kind may rely on.
    """
    zone = zone_of(values.time_zone)
    known: dict[str, Any] = {
        "due": LocalInstant(values.due.astimezone(zone), locale),
        "sent": LocalInstant(values.sent.astimezone(zone), locale),
        "distance": Duration(values.due - values.sent, locale),
        "reopened": Number(values.reopened, locale),
        "survey_link": Link(values.survey_link),
    }
    rendered = {name: known[name] if name in known else value_text(getattr(values, name)) for name in KINDS[kind]}
    for name, variable in KINDS[kind].items():
        if not variable.optional and isinstance(rendered[name], str) and not rendered[name]:
            raise ValueError(f"a notice of the kind {kind} needs a value of {name}")
    return rendered


_DUE = datetime(2026, 6, 5, 14, 30, tzinfo=UTC)
_EXAMPLE = NoticeValues(
    interaction_id="7301",
    reason="Question about an invoice",
    status="inProgress",
    sent=_DUE - timedelta(hours=26, minutes=15),
    due=_DUE,
    promise="resolution",
    recipient_name="Jane Smith",
    assignee_name="Nadia Haddad",
    survey_link="https://care.example.com/survey?token=0123456789",
    reopened=1,
    time_zone="Europe/Amsterdam",
)


def example_values() -> Iterator[NoticeValues]:
    """What templates are tried with: of each promise, without what may be missing, and with the longest values."""
    yield _EXAMPLE
    for promise in NAMES:
        yield replace(_EXAMPLE, promise=promise, recipient_name="", assignee_name="", reopened=0)
    long = "x" * LONGEST_VALUE
    yield replace(
        _EXAMPLE,
        interaction_id=long,
        reason=long,
        status=long,
        recipient_name=long,
        assignee_name=long,
        survey_link=_EXAMPLE.survey_link.ljust(LONGEST_LINK, "x"),
        reopened=1_000_000,
    )
