# SPDX-License-Identifier: Apache-2.0
"""Party Management v4 (TMF632): the mappings of its resources."""

from app.apis.v4_parts import ATTACHMENT, CHARACTERISTIC, CONTACT_MEDIUM, EXTERNAL_REFERENCE, RELATED_PARTY
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.steps import Nested, Renamed, Spelt
from app.domain.mapping.type_steps import DefaultType

TAX_EXEMPTION_CERTIFICATE = VersionMapping(
    DefaultType("TaxExemptionCertificate"),
    Nested("attachment", ATTACHMENT),
    Nested("taxDefinition", VersionMapping(DefaultType("TaxDefinition"))),
)

IN_EVERY_PARTY = (
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditRating", VersionMapping(DefaultType("PartyCreditProfile"))),
    Nested("externalReference", EXTERNAL_REFERENCE),
    Nested("partyCharacteristic", CHARACTERISTIC),
    Nested("relatedParty", RELATED_PARTY),
    Nested("taxExemptionCertificate", TAX_EXEMPTION_CERTIFICATE),
)

INDIVIDUAL = VersionMapping(
    Renamed("fullName", "name"),
    Spelt("status", {"deceaded": "deceased"}),
    Nested(
        "individualIdentification",
        VersionMapping(DefaultType("IndividualIdentification"), Nested("attachment", ATTACHMENT)),
    ),
    *IN_EVERY_PARTY,
)


def _relationship(kind: str) -> VersionMapping:
    return VersionMapping(
        DefaultType(kind), Nested("organization", VersionMapping(DefaultType("OrganizationRef")), identifying=True)
    )


ORGANIZATION = VersionMapping(
    Nested("organizationChildRelationship", _relationship("OrganizationChildRelationship")),
    Nested(
        "organizationIdentification",
        VersionMapping(DefaultType("OrganizationIdentification"), Nested("attachment", ATTACHMENT)),
    ),
    Nested("organizationParentRelationship", _relationship("OrganizationParentRelationship")),
    Nested("otherName", VersionMapping(DefaultType("OtherNameOrganization"))),
    *IN_EVERY_PARTY,
)
