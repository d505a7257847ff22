# SPDX-License-Identifier: Apache-2.0
"""Entries for tests of the event log, and its verification as one value."""

from typing import Any

from app.domain import dates
from app.domain.identifiers import new_id
from app.storage.event_log.chain import Mark
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import VerificationResult, verify_chain


def entry(number: int = 1, **other: Any) -> dict[str, Any]:
    """An entry as the relay makes it, with all kinds of values in its payload."""
    document = {"givenName": "Jané", "age": number, "weight": 1.0, "born": dates.now(), "a.b": {"$x": [True, None]}}
    return {
        "eventId": new_id(),
        "eventType": "IndividualAttributeValueChangeEvent",
        "kind": "AttributeValueChange",
        "api": "party",
        "resource": "Individual",
        "resourceId": str(number),
        "revision": 2,
        "at": dates.now(),
        "correlationId": "order-17",
        "actor": "alice",
        "changed": ["age", "givenName"],
        "before": {"givenName": "Jane", "born": dates.now()},
        "document": document,
        **other,
    }


async def checked(log: EventLog, first: int = 1, noted: Mark | None = None) -> VerificationResult:
    """What the verification of the whole log comes to."""
    return [each async for each in verify_chain(log, first, noted)][-1]
