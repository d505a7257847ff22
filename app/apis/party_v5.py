# SPDX-License-Identifier: Apache-2.0
"""Party Management v5 (TMF632): the mappings of its resources."""

from app.apis.party_v4 import INDIVIDUAL as INDIVIDUAL_V4
from app.apis.party_v4 import ORGANIZATION as ORGANIZATION_V4
from app.apis.v5_parts import (
    ATTACHMENT,
    CHARACTERISTIC,
    CONTACT_MEDIUM,
    EXTERNAL_IDENTIFIER,
    RELATED_PARTY,
    plain,
)
from app.domain.mapping.native import BaseType, NativeMapping, NativeType
from app.domain.mapping.steps import Nested

TAX_EXEMPTION_CERTIFICATE = NativeMapping(
    NativeType("TaxExemptionCertificate"),
    Nested("attachment", ATTACHMENT),
    Nested("taxDefinition", plain("TaxDefinition")),
)

IN_EVERY_PARTY = (
    BaseType("Party"),
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditRating", plain("PartyCreditProfile")),
    Nested("externalReference", EXTERNAL_IDENTIFIER),
    Nested("partyCharacteristic", CHARACTERISTIC),
    Nested("relatedParty", RELATED_PARTY),
    Nested("taxExemptionCertificate", TAX_EXEMPTION_CERTIFICATE),
)


def _identification(kind: str) -> NativeMapping:
    return NativeMapping(NativeType(kind), Nested("attachment", ATTACHMENT))


def _relationship(kind: str) -> NativeMapping:
    return NativeMapping(NativeType(kind), Nested("organization", plain("OrganizationRef"), identifying=True))


INDIVIDUAL = NativeMapping(
    NativeType("Individual"),
    Nested("individualIdentification", _identification("IndividualIdentification")),
    *IN_EVERY_PARTY,
    older=INDIVIDUAL_V4,
)

ORGANIZATION = NativeMapping(
    NativeType("Organization"),
    Nested("organizationChildRelationship", _relationship("OrganizationChildRelationship")),
    Nested("organizationIdentification", _identification("OrganizationIdentification")),
    Nested("organizationParentRelationship", _relationship("OrganizationParentRelationship")),
    Nested("otherName", plain("OtherNameOrganization")),
    *IN_EVERY_PARTY,
    older=ORGANIZATION_V4,
)
