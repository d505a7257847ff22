# SPDX-License-Identifier: Apache-2.0
"""A notice as an interaction (TMF683): outbound, of the plain class, related to that which it is about.

No promises are made for it. Its one item is its delivery, whose state the interaction has.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from app.domain.origin import Origin
from app.interactions.notices.transport import Outcome
from app.interactions.promises import PARTY, DueNotice
from app.resources.resource import Document, Resource

ORIGIN = Origin(actor="liaison notices")
NOTICE_OF = "noticeOf"
"""The type of the relationship from a notice to the interaction that it is about."""
RECIPIENT = "recipient"
"""The role of who is told."""
DELIVERY = "delivery"
"""The type of the item that says what came of sending."""
NO_CHANNEL = "none"
"""The id of the channel of a notice as long as none is found."""
OPENED, IN_PROGRESS, COMPLETED, CANCELLED = "opened", "inProgress", "completed", "cancelled"

_NOTICES = UUID("4b5b7f0e-8f0a-5a0e-9d0f-0d9b8e6f6c53")


def notice_id(interaction: str, notice: DueNotice) -> str:
    """The id of a notice: it follows from interaction, promise, step and due date, so that none is written twice."""
    return str(uuid5(_NOTICES, f"{interaction}/{notice.key}"))


def notice_document(
    resource: Resource, interaction: str, notice: DueNotice, recipient: Mapping[str, Any] | None, at: datetime
) -> Document:
    """The stored document of a new notice; `recipient` is the reference to who is told, None for who is no party."""
    promise, tell = notice.step.promise, notice.step.tell
    document: Document = {
        "@type": resource.name,
        "reason": f"Notice to {tell}: {promise}",
        "direction": "outbound",
        "relatedChannel": channels(NO_CHANNEL),
        "interactionDate": {"startDateTime": at},
        "interactionItem": [_item(OPENED, at, None)],
        "interactionRelationship": [relationship(interaction, NOTICE_OF)],
    }
    if recipient:
        document["relatedParty"] = [
            {"@type": "RelatedPartyOrPartyRole", "role": RECIPIENT, "partyOrPartyRole": dict(recipient)}
        ]
    resource.lifecycle.begin(document, at)
    resource.rules.complete(document, at)
    if resource.defaults:
        resource.defaults.complete(document, at)
    resource.rules.check(document)
    resource.rules.touch(document, at)
    return document


def with_outcome(
    resource: Resource, before: Document, status: str, outcome: Outcome, channel: str | None, at: datetime
) -> Document:
    """The document of a notice after an attempt to send it, on a `channel`, if there is one."""
    text = f"{outcome.code} {outcome.text}".strip()
    document = {**before, "status": status, "interactionItem": [_item(status, at, text)]}
    if channel:
        document["relatedChannel"] = channels(channel)
    if status in (COMPLETED, CANCELLED):
        document["interactionDate"] = {**before["interactionDate"], "endDateTime": at}
    resource.lifecycle.advance(before, document, at)
    resource.rules.touch(document, at)
    return document


def channels(id: str) -> list[Document]:
    """The channel of a notice."""
    return [{"@type": "RelatedChannel", "role": "notice", "channel": {"@type": "ChannelRef", "id": id}}]


def relationship(id: str, kind: str) -> Document:
    """A relationship to an interaction."""
    return {"@type": "InteractionRelationship", "id": id, "relationshipType": kind}


def kind_of(notice: DueNotice, now: datetime) -> str:
    """The kind of message of a notice that is sent now: what comes late does not warn of what has happened."""
    step = notice.step
    if step.tell == PARTY:
        return "progress"
    if step.before and notice.due > now:
        return "warning"
    return "escalation" if step.after else "breach"


def _item(status: str, at: datetime, resolution: str | None) -> Document:
    item: Document = {
        "@type": "InteractionItem",
        "id": "1",
        "interactionItemType": DELIVERY,
        "status": status,
        "itemDate": {"startDateTime": at},
    }
    return {**item, "resolution": resolution} if resolution else item
