# SPDX-License-Identifier: Apache-2.0
"""Party Interaction v5 (TMF683): the mapping of its resource."""

from app.apis.party_interaction_v4 import PARTY_INTERACTION as PARTY_INTERACTION_V4
from app.apis.v5_parts import (
    ATTACHMENT,
    EXTERNAL_IDENTIFIER,
    RELATED_CHANNEL,
    RELATED_ENTITY,
    RELATED_PARTY,
    RELATED_PARTY_BY_REFERENCE,
    plain,
)
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.steps import Nested

IN_BOTH = (
    Nested("attachment", ATTACHMENT),
    Nested("note", plain("Note")),
    Nested("relatedChannel", RELATED_CHANNEL),
)
"""The steps that an interaction and each of its items share."""

INTERACTION_ITEM = NativeMapping(
    NativeType("InteractionItem"),
    Nested("interactionItemRelationship", plain("InteractionItemRelationship")),
    Nested("item", RELATED_ENTITY, identifying=True),
    Nested("relatedParty", RELATED_PARTY_BY_REFERENCE),
    *IN_BOTH,
)

PARTY_INTERACTION = NativeMapping(
    NativeType("PartyInteraction"),
    Nested("externalIdentifier", EXTERNAL_IDENTIFIER),
    Nested("interactionItem", INTERACTION_ITEM),
    Nested("interactionRelationship", plain("InteractionRelationship")),
    Nested("relatedParty", RELATED_PARTY),
    *IN_BOTH,
    older=PARTY_INTERACTION_V4,
)
