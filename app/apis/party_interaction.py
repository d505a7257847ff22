# SPDX-License-Identifier: Apache-2.0
"""TMF683 Party Interaction Management: the contacts between parties and the enterprise."""

from datetime import datetime
from typing import Any

from app.apis import party_interaction_v4, party_interaction_v5
from app.apis.api import Api, Version
from app.domain.rules import IDENTITY, RECORD, Rules


def complete_dates(interaction: dict[str, Any], at: datetime) -> None:
    """Set the `creationDate` of an interaction to the time of the create, unless the client sent it."""
    interaction.setdefault("creationDate", at)


PARTY_INTERACTION = Api(
    name="party-interaction",
    number="TMF683",
    versions={
        "v4": Version("party-interaction-v4", {"PartyInteraction": party_interaction_v4.PARTY_INTERACTION}),
        "v5": Version("party-interaction-v5", {"PartyInteraction": party_interaction_v5.PARTY_INTERACTION}),
    },
    rules={
        "PartyInteraction": Rules(
            complete=complete_dates,
            fixed=(*IDENTITY, "direction", "creationDate"),
            touched="lastUpdate",
            archived=RECORD,
            tracked="TrackedInteraction",
        ),
    },
    referred_by_type=True,
)
