# SPDX-License-Identifier: Apache-2.0
"""The objects within v5 resources: stored as they are shown, each with the class that its place demands."""

from typing import Any

from app.apis.v4_classes import attachment_class, characteristic_class, entity_class, medium_class, name_of, party_class
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Step
from app.domain.mapping.steps import Nested

Members = dict[str, Any]


class Filled(Step):
    """TM Forum's own examples send `other` instead of the mandatory member `name`: it fills that in, and stays."""

    def __init__(self, name: str, *, other: str) -> None:
        self._name = name
        self._other = other

    def mend(self, members: Members) -> None:
        if self._other in members and self._name not in members:
            members[self._name] = members[self._other]


class Embedded(Step):
    """An embedded party without a `name` is stored with the one that v4 shows for it, so that v4 finds it by that."""

    concerns = frozenset({"@type", "name", "givenName", "familyName", "tradingName", MEMORY})

    def to_stored(self, members: Members) -> None:
        kind = members.get("@type")
        if isinstance(kind, str) and not kind.endswith("Ref") and "name" not in members and (name := name_of(members)):
            members[MEMORY] = {"set": {"name": name}}


def plain(kind: str) -> NativeMapping:
    """The view of an object that holds no others with a class, and is of the class `kind` unless it says otherwise."""
    return NativeMapping(NativeType(kind))


ATTACHMENT = NativeMapping(NativeType(attachment_class))

CHARACTERISTIC = NativeMapping(
    NativeType(characteristic_class), Nested("characteristicRelationship", plain("CharacteristicRelationship"))
)

CONTACT_MEDIUM = NativeMapping(NativeType(medium_class), Nested("geographicAddress", plain("GeographicAddressRef")))

EXTERNAL_IDENTIFIER = NativeMapping(NativeType("ExternalIdentifier"), Filled("id", other="name"))

_PARTY_OR_ROLE = Nested("partyOrPartyRole", NativeMapping(NativeType(party_class), Embedded()), identifying=True)

RELATED_PARTY = NativeMapping(NativeType("RelatedPartyOrPartyRole"), _PARTY_OR_ROLE)

RELATED_PARTY_BY_REFERENCE = NativeMapping(NativeType("RelatedPartyRefOrPartyRoleRef"), _PARTY_OR_ROLE)

RELATED_CHANNEL = NativeMapping(NativeType("RelatedChannel"), Nested("channel", plain("ChannelRef"), identifying=True))

RELATED_ENTITY = NativeMapping(
    NativeType("RelatedEntityRefOrValue"), Nested("entity", NativeMapping(NativeType(entity_class)), identifying=True)
)

IN_EVERY_ROLE = (
    Nested("account", plain("AccountRef")),
    Nested("agreement", plain("AgreementRef")),
    Nested("characteristic", CHARACTERISTIC),
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditProfile", plain("CreditProfile")),
    Nested("engagedParty", plain("PartyRef")),
    Nested("partyRoleSpecification", plain("PartyRoleSpecificationRef")),
    Nested("paymentMethod", plain("PaymentMethodRef")),
    Nested("relatedParty", RELATED_PARTY),
)
"""What all parties in a role have in common: a customer is one, too."""
