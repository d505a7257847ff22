# SPDX-License-Identifier: Apache-2.0
"""Party Interaction v4 (TMF683): the mapping of its resource."""

from app.apis.v4_parts import ATTACHMENT, RELATED_CHANNEL, RELATED_ENTITY, RELATED_PARTY, RELATED_PARTY_BY_REFERENCE
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.steps import Nested, Renamed
from app.domain.mapping.type_steps import DefaultType

IN_BOTH = (
    Nested("attachment", ATTACHMENT),
    Nested("channel", RELATED_CHANNEL),
    Renamed("channel", "relatedChannel"),
    Nested("note", VersionMapping(DefaultType("Note"))),
)
"""The steps that an interaction and each of its items share."""

INTERACTION_ITEM = VersionMapping(
    DefaultType("InteractionItem"),
    Nested("item", RELATED_ENTITY, identifying=True),
    Nested("relatedParty", RELATED_PARTY_BY_REFERENCE),
    *IN_BOTH,
)

PARTY_INTERACTION = VersionMapping(
    Nested("interactionItem", INTERACTION_ITEM),
    Nested("interactionRelationship", VersionMapping(DefaultType("InteractionRelationship"))),
    Nested("relatedParty", RELATED_PARTY),
    *IN_BOTH,
)
