"""TMF683 Party Interaction Management: the contacts between parties and the enterprise."""

from datetime import datetime
from typing import Any

from app.apis.api import Api, Version
from app.apis.party_interaction_v4 import PARTY_INTERACTION as PARTY_INTERACTION_V4
from app.domain.rules import IDENTITY, Rules


def complete_dates(interaction: dict[str, Any], at: datetime) -> None:
    """An interaction is recorded when it arrives, unless it says when that was."""
    interaction.setdefault("creationDate", at)


PARTY_INTERACTION = Api(
    name="party-interaction",
    number="TMF683",
    versions={"v4": Version("party-interaction-v4", {"PartyInteraction": PARTY_INTERACTION_V4})},
    rules={
        "PartyInteraction": Rules(complete=complete_dates, fixed=(*IDENTITY, "direction", "creationDate")),
    },
)
