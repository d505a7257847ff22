# SPDX-License-Identifier: Apache-2.0
"""The notifications of both versions: their envelope, and how much of the resource they hold."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import events
from app.domain.events import lower_camel
from app.domain.mapping.residue import MEMORY
from app.domain.origin import Origin
from app.events.notification import V4_ENVELOPE, V5_ENVELOPE, field_path, former, v4_notification, v5_notification
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import OutboxBatch, Source
from tests.served import DOCUMENT_OF, DOCUMENTS, NEWEST
from tests.unit.examples import violations

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)
LOGGED_AT = AT.replace(microsecond=0)


def entry(**other: Any) -> dict[str, Any]:
    return {
        "_id": 7,
        "eventId": "0190",
        "eventType": "PartyInteractionAttributeValueChangeEvent",
        "kind": "AttributeValueChange",
        "resource": "PartyInteraction",
        "resourceId": "42",
        "at": AT,
        "loggedAt": LOGGED_AT,
        "correlationId": None,
        "changed": ["reason"],
        **other,
    }


SHOWN = {"id": "42", "href": "http://x/42", "reason": "billing", "interactionDate": {"startDateTime": AT}}


def told(before: Any, after: Any, resource: str = "PartyInteraction") -> list[dict[str, Any]]:
    """The v5 notifications of a change, through the log."""
    change = events.change(
        revision=2,
        at=AT,
        origin=Origin("c"),
        before=before,
        after=after,
        state_field="status",
        companions=("statusChangeDate", "statusReason"),
    )
    assert change is not None
    document = before if after is None else after
    source = Source(resource, "api", state_change=declared_lifecycle(resource).get("event", events.STATE))
    logged = entries([OutboxBatch(source, "42", [{**change, "document": document}])])
    shown = {"id": "42", "href": "http://x/42", **document}
    found = [v5_notification({**each, "loggedAt": LOGGED_AT}, shown) for each in logged]
    return [notification for notification in found if notification]


def payloads(before: Any, after: Any) -> dict[str, Any]:
    return {each["eventType"]: each["event"]["partyInteraction"] for each in told(before, after)}


def test_a_v4_notification_holds_the_whole_resource_as_json() -> None:
    notification = v4_notification(entry(), SHOWN)
    assert notification is not None

    assert notification["event"] == {
        "partyInteraction": {**SHOWN, "interactionDate": {"startDateTime": "2024-05-01T10:00:00.120Z"}}
    }
    assert notification["eventTime"] == "2024-05-01T10:00:00Z"
    assert notification["timeOcurred"] == "2024-05-01T10:00:00.120Z"
    assert notification["eventId"] == "0190"
    assert notification["title"] == "Party interaction attribute value change"
    assert set(notification) <= set(V4_ENVELOPE)


VIEWS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0, 1, True, "x", [1], {"n": 1}, None]))


@given(VIEWS, VIEWS)
def test_the_field_path_names_exactly_the_attributes_that_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    named = set(filter(None, field_path(before, after).get("fieldPath", "").split(",")))
    spelt = [{name: json.dumps(value) for name, value in view.items()} for view in (before, after)]
    assert named == {name for name in before.keys() | after.keys() if spelt[0].get(name) != spelt[1].get(name)}


@given(VIEWS, VIEWS)
def test_what_was_before_a_change_follows_from_its_entry(before: dict[str, Any], after: dict[str, Any]) -> None:
    changed = [name for name in before.keys() | after.keys() if before.get(name, "") != after.get(name, "")]
    old = {name: before[name] for name in changed if name in before}
    told = {"kind": "AttributeValueChange", "document": after, "changed": changed, "before": old}
    assert former(told) == before
    assert former({**told, "kind": "StateChange"}) is None


@pytest.mark.parametrize("form", [v4_notification, v5_notification])
def test_a_correlation_id_is_passed_on_when_there_is_one(form: Any) -> None:
    assert form(entry(correlationId="c"), SHOWN)["correlationId"] == "c"
    assert "correlationId" not in form(entry(), SHOWN)


def test_a_v5_notification_says_what_it_is_when_it_happened_and_who_tells_it() -> None:
    notification = v5_notification(entry(correlationId="c"), SHOWN)

    assert notification is not None
    assert (notification["@type"], notification["@baseType"]) == (notification["eventType"], "Event")
    assert notification["eventTime"] == "2024-05-01T10:00:00Z"
    assert notification["timeOccurred"] == notification["timeOcurred"] == "2024-05-01T10:00:00.120Z"
    system = {"@type": "EntityRef", "id": "liaison", "@referredType": "LogicalResource"}
    assert notification["source"] == notification["reportingSystem"] == system
    assert set(notification) == set(V5_ENVELOPE)


BEFORE = {"@type": "PartyInteraction", "@schemaLocation": "s", "status": "opened", "reason": "billing", "note": [1]}
KNOWN_BY = {"id": "42", "href": "http://x/42", "@type": "PartyInteraction", "@schemaLocation": "s"}


def test_a_v5_create_holds_the_whole_resource_and_a_delete_only_what_it_is_known_by() -> None:
    whole = {"id": "42", "href": "http://x/42", **BEFORE}

    assert payloads(None, BEFORE) == {"PartyInteractionCreateEvent": whole}
    assert payloads(BEFORE, None) == {"PartyInteractionDeleteEvent": KNOWN_BY}


def test_a_v5_change_holds_new_values_whole_and_null_for_what_was_removed() -> None:
    after = {"@type": "PartyInteraction", "@schemaLocation": "s", "status": "opened", "note": [1, 2], "lastUpdate": AT}

    assert payloads(BEFORE, after) == {
        "PartyInteractionAttributeValueChangeEvent": {
            **KNOWN_BY,
            "reason": None,
            "note": [1, 2],
            "lastUpdate": "2024-05-01T10:00:00.120Z",
        }
    }


def test_a_v5_state_change_holds_the_state_and_the_attribute_change_beside_it_does_not() -> None:
    after = {**BEFORE, "status": "completed", "statusChangeDate": AT, "reason": "new"}

    assert payloads(BEFORE, after) == {
        "PartyInteractionAttributeValueChangeEvent": {**KNOWN_BY, "reason": "new"},
        "PartyInteractionStatusChangeEvent": {
            **KNOWN_BY,
            "status": "completed",
            "statusChangeDate": "2024-05-01T10:00:00.120Z",
        },
    }


def test_a_reason_that_changes_without_the_state_is_an_attribute_like_others() -> None:
    assert payloads(BEFORE, {**BEFORE, "statusReason": "late"}) == {
        "PartyInteractionAttributeValueChangeEvent": {**KNOWN_BY, "statusReason": "late"}
    }


def test_v5_tells_nothing_of_what_only_v4_shows() -> None:
    hidden = {MEMORY: {"set": {"a": 1}}}

    assert v5_notification(entry(changed=[MEMORY]), SHOWN) is None
    assert payloads(BEFORE, {**BEFORE, **hidden, "reason": "new"}) == {
        "PartyInteractionAttributeValueChangeEvent": {**KNOWN_BY, "reason": "new"}
    }


def example(resource: str) -> dict[str, Any]:
    """A resource as the fullest example of its document creates it."""
    collection = f"/{lower_camel(resource)}"
    body = DOCUMENTS[DOCUMENT_OF[resource, "v5"]]["paths"][collection]["post"]["requestBody"]
    examples = [each["value"] for each in body["content"]["application/json"]["examples"].values()]
    fullest: dict[str, Any] = max(examples, key=len)
    return fullest


def states(resource: str) -> list[str]:
    """The states that a resource may have."""
    return list(declared_lifecycle(resource)["moves"])


def declared_lifecycle(resource: str) -> dict[str, Any]:
    declared: dict[str, Any] = DOCUMENTS[DOCUMENT_OF[resource, "v5"]]["x-tmf-resources"][resource]["x-lifecycle"]
    return declared


@pytest.mark.parametrize("resource", NEWEST)
def test_every_v5_notification_is_as_its_document_describes_it(resource: str) -> None:
    document, (first, second, *_) = DOCUMENTS[DOCUMENT_OF[resource, "v5"]], states(resource)
    made = {**example(resource), "status": first}
    moved = {**made, "status": second, "statusReason": "new", "extra": {"a": [1]}}
    changes = [(None, made), (made, moved), (made, None)]
    notifications = [each for before, after in changes for each in told(before, after, resource)]

    assert [each["eventType"] for each in notifications] == [
        events.event_type(resource, kind, declared_lifecycle(resource).get("event", events.STATE))
        for kind in events.KINDS
    ]
    for each in notifications:
        described = {"$ref": f"#/components/schemas/{each['eventType']}"}
        assert violations(document, described, each) == []
        assert violations(document, described, {**each, "eventTime": 5}) != []
        assert violations(document, described, {**each, "event": {lower_camel(resource): "x"}}) != []
