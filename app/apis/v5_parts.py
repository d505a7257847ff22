# SPDX-License-Identifier: Apache-2.0
"""Mappings of the objects within v5 resources: stored as shown, with the class that their place requires."""

from typing import Any

from app.apis.characteristic_classes import characteristic_class
from app.apis.v4_classes import attachment_class, entity_class, medium_class, name_of, party_class
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Step
from app.domain.mapping.steps import Nested

Members = dict[str, Any]


class Filled(Step):
    """Sets the mandatory member `name` from the member `other`, which TM Forum's own examples have instead."""

    def __init__(self, name: str, *, other: str) -> None:
        self._name = name
        self._other = other

    def mend(self, members: Members) -> None:
        if self._other in members and self._name not in members:
            members[self._name] = members[self._other]


class Embedded(Step):
    """Gives an embedded party without `name` the one that v4 shows, in the residue, so that v4 can filter by it."""

    concerns = frozenset({"@type", "name", "givenName", "familyName", "tradingName", MEMORY})

    def to_stored(self, members: Members) -> None:
        kind = members.get("@type")
        if isinstance(kind, str) and not kind.endswith("Ref") and "name" not in members and (name := name_of(members)):
            members[MEMORY] = {"set": {"name": name}}


def plain(kind: str) -> NativeMapping:
    """The mapping of an object without classed objects in it, of the class `kind` unless it has an `@type`."""
    return NativeMapping(NativeType(kind))


ATTACHMENT = NativeMapping(NativeType(attachment_class))

CHARACTERISTIC = NativeMapping(
    NativeType(characteristic_class), Nested("characteristicRelationship", plain("CharacteristicRelationship"))
)

CONTACT_MEDIUM = NativeMapping(NativeType(medium_class), Nested("geographicAddress", plain("GeographicAddressRef")))

EXTERNAL_IDENTIFIER = NativeMapping(NativeType("ExternalIdentifier"), Filled("id", other="name"))

PARTY_OR_ROLE = NativeMapping(NativeType(party_class), Embedded())

_PARTY_OR_ROLE = Nested("partyOrPartyRole", PARTY_OR_ROLE, identifying=True)

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
"""The steps of all party roles, of which a customer is one."""
