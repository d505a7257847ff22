# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for v5 documents: declared members, classes that are there, wrong or missing, open content."""

from typing import Any

from hypothesis import strategies as st

from tests.unit.strategies import ANYTHING, DATES, OPEN, PERIOD, TEXT, TYPES, arrays

Objects = st.SearchStrategy[dict[str, Any]]

SPELLINGS = ("Note ", " PartyRef", "individual")
SELDOM_OPEN: Objects = st.just({}) | st.just({}) | OPEN


def typed(*classes: str, always: dict[str, Any] | None = None, **declared: st.SearchStrategy[Any]) -> Objects:
    """Objects of one of the `classes`, of any other or without one; with some declared members and open content."""
    kinds = st.sampled_from([*classes * 8, *SPELLINGS]) | TYPES
    described = st.fixed_dictionaries(always or {}, optional={"@type": kinds, **declared})
    return st.builds(lambda opened, said: {**opened, **said}, SELDOM_OPEN, described)


def reference(*classes: str, **more: st.SearchStrategy[Any]) -> Objects:
    """References as every API has them."""
    declared: dict[str, Any] = {"@referredType": TYPES, **more}
    return typed(*classes, id=TEXT, href=TEXT, name=TEXT, **declared)


ATTACHMENT = typed(
    "Attachment", "AttachmentRef", id=TEXT, name=TEXT, url=TEXT, mimeType=TEXT, attachmentType=TEXT, validFor=PERIOD
)

CHARACTERISTIC = typed(
    *("StringCharacteristic", "IntegerCharacteristic", "FloatCharacteristic", "ObjectArrayCharacteristic"),
    id=TEXT,
    name=TEXT,
    valueType=TEXT,
    value=ANYTHING,
    characteristicRelationship=arrays(typed("CharacteristicRelationship", id=TEXT)),
)

CONTACT_MEDIUM = typed(
    *("EmailContactMedium", "PhoneContactMedium", "GeographicAddressContactMedium", "ContactMedium"),
    id=TEXT,
    preferred=st.booleans(),
    contactType=TEXT,
    emailAddress=TEXT,
    phoneNumber=TEXT,
    city=TEXT,
    geographicAddress=reference("GeographicAddressRef"),
    validFor=PERIOD,
)

EXTERNAL_IDENTIFIER = typed("ExternalIdentifier", id=TEXT, owner=TEXT, externalIdentifierType=TEXT)

EMBEDDED = typed(
    *("Individual", "Organization", "Customer", "Supplier"),
    id=TEXT,
    givenName=TEXT,
    familyName=TEXT,
    tradingName=TEXT,
    contactMedium=arrays(CONTACT_MEDIUM),
)

PARTY_OR_ROLE = reference("PartyRef", "PartyRoleRef", partyId=TEXT, partyName=TEXT) | EMBEDDED

RELATED_PARTY = typed(
    "RelatedPartyOrPartyRole", "RelatedPartyRefOrPartyRoleRef", role=TEXT, always={"partyOrPartyRole": PARTY_OR_ROLE}
)

TAX_EXEMPTION = typed(
    "TaxExemptionCertificate", id=TEXT, attachment=ATTACHMENT, taxDefinition=arrays(typed("TaxDefinition", id=TEXT))
)

PARTY: dict[str, Any] = {
    "@baseType": st.sampled_from(["Party", "Odd"]),
    "contactMedium": arrays(CONTACT_MEDIUM),
    "creditRating": arrays(typed("PartyCreditProfile", id=TEXT, ratingScore=st.integers(0, 9))),
    "externalReference": arrays(EXTERNAL_IDENTIFIER),
    "partyCharacteristic": arrays(CHARACTERISTIC),
    "relatedParty": arrays(RELATED_PARTY),
    "taxExemptionCertificate": arrays(TAX_EXEMPTION),
}

INDIVIDUALS = typed(
    "Individual",
    givenName=TEXT,
    familyName=TEXT,
    name=TEXT,
    birthDate=DATES,
    status=st.sampled_from(["initialized", "deceased"]),
    individualIdentification=arrays(typed("IndividualIdentification", identificationId=TEXT, attachment=ATTACHMENT)),
    otherName=arrays(OPEN),
    skill=arrays(OPEN),
    **PARTY,
)

_RELATIONSHIP: dict[str, Any] = {"relationshipType": TEXT, "organization": reference("OrganizationRef")}

ORGANIZATIONS = typed(
    "Organization",
    tradingName=TEXT,
    name=TEXT,
    existsDuring=PERIOD,
    organizationParentRelationship=typed("OrganizationParentRelationship", **_RELATIONSHIP),
    organizationChildRelationship=arrays(typed("OrganizationChildRelationship", **_RELATIONSHIP)),
    organizationIdentification=arrays(typed("OrganizationIdentification", attachment=ATTACHMENT)),
    otherName=arrays(typed("OtherNameOrganization", name=TEXT)),
    **PARTY,
)

_ROLE: dict[str, Any] = {
    "name": TEXT,
    "role": TEXT,
    "description": TEXT,
    "status": TEXT,
    "engagedParty": reference("PartyRef"),
    "account": arrays(reference("AccountRef")),
    "agreement": arrays(reference("AgreementRef")),
    "characteristic": arrays(CHARACTERISTIC),
    "contactMedium": arrays(CONTACT_MEDIUM),
    "creditProfile": arrays(typed("CreditProfile", id=TEXT, creditProfileDate=DATES)),
    "partyRoleSpecification": reference("PartyRoleSpecificationRef"),
    "paymentMethod": arrays(reference("PaymentMethodRef")),
    "relatedParty": arrays(RELATED_PARTY),
}

CUSTOMERS = typed("Customer", **_ROLE)

ROLES = typed("PartyRole", "Supplier", **_ROLE)

RELATED_CHANNEL = typed("RelatedChannel", role=TEXT, always={"channel": reference("ChannelRef")})

ENTITY = reference("EntityRef", "ProductOrder", role=TEXT)

NOTE = typed("Note", id=TEXT, text=TEXT, date=DATES)

ITEM = typed(
    "InteractionItem",
    id=TEXT,
    interactionItemType=TEXT,
    interactionItemRelationship=arrays(typed("InteractionItemRelationship", id=TEXT)),
    item=typed("RelatedEntityRefOrValue", role=TEXT, always={"entity": ENTITY}),
    relatedChannel=arrays(RELATED_CHANNEL),
    relatedParty=arrays(RELATED_PARTY),
    attachment=arrays(ATTACHMENT),
    note=arrays(NOTE),
)

INTERACTIONS = typed(
    "PartyInteraction",
    reason=TEXT,
    direction=TEXT,
    lastUpdate=DATES,
    interactionDate=PERIOD,
    externalIdentifier=arrays(EXTERNAL_IDENTIFIER),
    relatedChannel=arrays(RELATED_CHANNEL),
    interactionItem=arrays(ITEM),
    interactionRelationship=arrays(typed("InteractionRelationship", id=TEXT)),
    relatedParty=arrays(RELATED_PARTY),
    attachment=arrays(ATTACHMENT),
    note=arrays(NOTE),
)
