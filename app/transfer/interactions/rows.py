# SPDX-License-Identifier: Apache-2.0
"""Rows of the tables of an export, from stored documents: values by column, of JSON columns objects.

What is missing is None. Rows have all columns, whether they are exported or not.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.domain.mapping.residue import PRIVATE
from app.domain.ownership import objects_at
from app.interactions.facts import FactRules, InteractionFacts, PromiseFacts, interaction_facts, survey_facts, text_at
from app.storage.interactions.log_snapshot import Departure, LoggedState

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]
"""Rows, each with the name of its table."""
Part = Mapping[str, Any]

_REFERENCE = "partyOrPartyRole"
_COLUMNS = frozenset(
    {"@type", "creationDate", "description", "direction", "interactionDate", "interactionItem"}
    | {"interactionRelationship", "note", "reason", "relatedChannel", "relatedParty", "status"}
)
_TRACKED_COLUMNS = _COLUMNS | {
    *{"assignee", "clock", "conversation", "dueDate", "policy", "policyVersion", "priority", "promise"},
    *{"reopened", "waitingFor"},
}
"""The attributes that have columns or tables of their own, and are not among the others; of the tracked class more."""


def interaction_rows(state: LoggedState, rules: FactRules, hidden: frozenset[str]) -> Rows:
    """The rows of an interaction. The `hidden` attributes are not among the others either."""
    facts = interaction_facts(state.document, rules)
    yield "interaction", _interaction(state, facts, state.document["@type"] in rules.tracked, hidden)
    for promise in facts.promises:
        yield "promise", {"interaction_id": state.id, **_promise(promise)}
    for table, attribute, row_of in _ELEMENTS:
        for ordinal, element in enumerate(objects_at(state.document, (attribute,))):
            yield table, {"interaction_id": state.id, "ordinal": ordinal, **row_of(element)}


def survey_rows(state: LoggedState) -> Rows:
    """The row of a survey."""
    facts, document = survey_facts(state.document), state.document
    yield (
        "satisfaction",
        {
            "id": state.id,
            "revision": state.revision,
            "kind": facts.kind,
            "state": facts.state,
            "asked_at": facts.asked,
            "expires_at": facts.expires,
            "answered_at": facts.answered,
            "score": facts.score,
            "rated_type": facts.rated_type or None,
            "rated_id": facts.rated_id or None,
            "respondent_id": facts.respondent or None,
            "language": _text(document, "language"),
            "respondent_name": _text(document, "respondent", "name"),
            "comment": _text(document, "comment"),
        },
    )


def channel_rows(state: LoggedState) -> Rows:
    """The row of a channel."""
    document = state.document
    yield (
        "channel",
        {
            "id": state.id,
            "name": _text(document, "name"),
            "kind": _text(document, "channelType"),
            "state": _text(document, "status"),
            "notice_allowed": document.get("noticeAllowed") is True,
        },
    )


def departure_row(resource: str, gone: Departure) -> Row:
    """The tombstone of a document of a resource."""
    return {
        "resource": resource,
        "id": gone.id,
        "sequence": gone.sequence,
        "gone_at": gone.at,
        "reason": gone.reason,
    }  # fmt: skip


def _interaction(state: LoggedState, facts: InteractionFacts, is_tracked: bool, hidden: frozenset[str]) -> Row:
    document = state.document
    tracked = document if is_tracked else {}
    period = document.get("interactionDate") or {}
    return {
        "id": state.id,
        "revision": state.revision,
        "type": document["@type"],
        "created_at": facts.created,
        "period": facts.period,
        "started_at": facts.started,
        "first_response_at": facts.first_response,
        "is_over": facts.over,
        "ended_at": facts.ended,
        "is_withdrawn": facts.withdrawn,
        "response_seconds": facts.response_seconds,
        "resolution_seconds": facts.resolution_seconds,
        "state": facts.state or None,
        "direction": facts.direction,
        "reason": facts.reason or None,
        "priority": facts.priority or None,
        "assignee_id": facts.assignee or None,
        "waiting_for": _text(tracked, "waitingFor"),
        "conversation": _text(tracked, "conversation"),
        "policy": _text(tracked, "policy"),
        "policy_version": _text(tracked, "policyVersion"),
        "due_at": _instant(tracked, "dueDate"),
        "reopened": tracked.get("reopened", 0),
        "took_place_from": _instant(period, "startDateTime"),
        "took_place_to": _instant(period, "endDateTime"),
        "attachments": len(document.get("attachment", ())),
        "description": _text(document, "description"),
        "other": _others(document, hidden | PRIVATE | (_TRACKED_COLUMNS if is_tracked else _COLUMNS)),
    }


def _promise(promise: PromiseFacts) -> Row:
    return {
        "name": promise.name,
        "state": promise.state,
        "due_at": promise.due,
        "met_at": promise.met,
        "breach_at": promise.breach,
    }  # fmt: skip


def _party(element: Part) -> Row:
    return {
        "role": _text(element, "role"),
        "party_id": _text(element, _REFERENCE, "id"),
        "party_type": _text(element, _REFERENCE, "@referredType"),
        "party_name": _text(element, _REFERENCE, "name"),
    }


def _channel(element: Part) -> Row:
    return {"role": _text(element, "role"), "channel_id": _text(element, "channel", "id")}


def _item(element: Part) -> Row:
    return {
        "item_id": _text(element, "id"),
        "item_type": _text(element, "interactionItemType"),
        "state": _text(element, "status"),
        "entity_id": _text(element, "item", "entity", "id"),
        "entity_type": _text(element, "item", "entity", "@referredType"),
        "item": element,
    }


def _note(element: Part) -> Row:
    return {
        "note_id": _text(element, "id"),
        "noted_at": _instant(element, "date"),
        "author": _text(element, "author"),
        "note": _text(element, "text"),
    }


def _relationship(element: Part) -> Row:
    return {"relationship_type": _text(element, "relationshipType"), "related_id": _text(element, "id")}


_ELEMENTS: tuple[tuple[str, str, Callable[[Part], Row]], ...] = (
    ("interaction_party", "relatedParty", _party),
    ("interaction_channel", "relatedChannel", _channel),
    ("interaction_item", "interactionItem", _item),
    ("interaction_note", "note", _note),
    ("interaction_relationship", "interactionRelationship", _relationship),
)


def _others(document: Part, left_out: frozenset[str]) -> Part | None:
    return {name: value for name, value in document.items() if name not in left_out} or None


def _text(document: Part, *path: str) -> str | None:
    return text_at(document, *path) or None


def _instant(document: Part, name: str) -> datetime | None:
    value = document.get(name)
    return value if isinstance(value, datetime) else None
