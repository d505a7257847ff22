"""Party Management v4 (TMF632): how its resources show what is stored."""

from app.apis.v4_parts import ATTACHMENT, CHARACTERISTIC, CONTACT_MEDIUM, EXTERNAL_REFERENCE, RELATED_PARTY
from app.domain.mapping.mapping import View
from app.domain.mapping.nested import Nested
from app.domain.mapping.steps import Renamed, Spelt
from app.domain.mapping.type_steps import Typed

TAX_EXEMPTION_CERTIFICATE = View(
    Typed("TaxExemptionCertificate"),
    Nested("attachment", ATTACHMENT),
    Nested("taxDefinition", View(Typed("TaxDefinition"))),
)

IN_EVERY_PARTY = (
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditRating", View(Typed("PartyCreditProfile"))),
    Nested("externalReference", EXTERNAL_REFERENCE),
    Nested("partyCharacteristic", CHARACTERISTIC),
    Nested("relatedParty", RELATED_PARTY),
    Nested("taxExemptionCertificate", TAX_EXEMPTION_CERTIFICATE),
)

INDIVIDUAL = View(
    Renamed("fullName", "name"),
    Spelt("status", {"deceaded": "deceased"}),
    Nested("individualIdentification", View(Typed("IndividualIdentification"), Nested("attachment", ATTACHMENT))),
    *IN_EVERY_PARTY,
)


def _relationship(kind: str) -> View:
    return View(Typed(kind), Nested("organization", View(Typed("OrganizationRef"))))


ORGANIZATION = View(
    Nested("organizationChildRelationship", _relationship("OrganizationChildRelationship")),
    Nested("organizationIdentification", View(Typed("OrganizationIdentification"), Nested("attachment", ATTACHMENT))),
    Nested("organizationParentRelationship", _relationship("OrganizationParentRelationship")),
    Nested("otherName", View(Typed("OtherNameOrganization"))),
    *IN_EVERY_PARTY,
)
