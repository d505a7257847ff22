# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for v4 documents: declared members, odd classes, and open content whose names collide."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

TEXT = st.text("abé .$0", max_size=4)

TYPES = st.sampled_from(
    [
        *("Individual", "Organization", "Customer", "Supplier", "Odd", "store"),
        *("PartyRef", "PartyRoleRef", "ChannelRef", "EntityRef", "RelatedParty", "RelatedChannel", "ExternalReference"),
        *("ContactMedium", "EmailContactMedium", "FaxContactMedium", "Characteristic", "FloatCharacteristic"),
        *("StringArrayCharacteristic", "Attachment", "AttachmentRef", "AttachmentRefOrValue", "InteractionItem"),
    ]
)

NAMES = st.sampled_from(
    [
        *("id", "href", "name", "fullName", "role", "status", "description", "value", "x", "a.b"),
        *("@type", "@referredType", "@baseType", "@schemaLocation"),
        *("engagedParty", "account", "relatedParty", "partyOrPartyRole", "partyId", "givenName", "tradingName"),
        *("channel", "relatedChannel", "interactionItem", "item", "entity", "note", "attachment", "url"),
        *("contactMedium", "characteristic", "mediumType", "emailAddress", "phoneNumber", "contactType"),
        *("externalReference", "externalReferenceType", "externalIdentifierType", "partyCharacteristic"),
        *("organizationParentRelationship", "organization", "taxExemptionCertificate", "taxDefinition"),
    ]
)
"""Every name that a translation treats specially, in v4 or as stored, and a few that none does."""

DATES = st.integers(-(10**9), 10**9).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(-2, 2, width=16), TEXT, TYPES, DATES)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5))


ANYTHING = st.recursive(SCALARS, _containers, max_leaves=12)
TAME = st.shared(st.booleans(), key="tame")
"""Whether open content keeps clear of the names in NAMES; one answer for all that a test draws at a time."""

_PLAIN = st.dictionaries(st.sampled_from(["x", "a.b", "nickname"]), ANYTHING, max_size=2)
_COLLIDING = st.dictionaries(NAMES, ANYTHING, max_size=3)
OPEN = TAME.flatmap(lambda tame: _PLAIN if tame else _COLLIDING)
WILD = st.dictionaries(NAMES, ANYTHING, max_size=6)
"""An object as it comes when nothing has checked it."""


def objects(**declared: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of the `declared` members, perhaps a class, and open content under any other name."""
    described = st.fixed_dictionaries({}, optional={"@type": TYPES, **declared})
    return st.builds(lambda opened, said: {**opened, **said}, OPEN, described)


def arrays(element: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(element, max_size=2)


PERIOD = st.fixed_dictionaries({}, optional={"startDateTime": DATES, "endDateTime": DATES})

REFERENCE = objects(id=TEXT, href=TEXT, name=TEXT, **{"@referredType": TYPES})

RELATED = objects(id=TEXT, href=TEXT, name=TEXT, role=TEXT, **{"@referredType": TYPES})

BAG = st.dictionaries(
    st.sampled_from(["contactType", "emailAddress", "phoneNumber", "city", "country", "x", "id", "@type"]), TEXT
)

CONTACT_MEDIUM = objects(
    mediumType=st.sampled_from(["email", "Postal Address", "FAX", "smoke"]),
    preferred=st.booleans(),
    characteristic=BAG,
    validFor=PERIOD,
)

CHARACTERISTIC = objects(name=TEXT, valueType=TEXT, value=ANYTHING, characteristicRelationship=arrays(OPEN))

ATTACHMENT = objects(id=TEXT, name=TEXT, url=TEXT, mimeType=TEXT, content=TEXT)

TAX_EXEMPTION = objects(id=TEXT, attachment=ATTACHMENT, taxDefinition=arrays(objects(id=TEXT, name=TEXT)))

PARTY = {
    "contactMedium": arrays(CONTACT_MEDIUM),
    "creditRating": arrays(objects(ratingScore=st.integers(0, 9))),
    "externalReference": arrays(objects(id=TEXT, name=TEXT, externalReferenceType=TEXT)),
    "partyCharacteristic": arrays(CHARACTERISTIC),
    "relatedParty": arrays(RELATED),
    "taxExemptionCertificate": arrays(TAX_EXEMPTION),
}

INDIVIDUALS = objects(
    givenName=TEXT,
    familyName=TEXT,
    fullName=TEXT,
    birthDate=DATES,
    status=st.sampled_from(["initialized", "deceaded", "deceased"]),
    individualIdentification=arrays(objects(identificationId=TEXT, attachment=ATTACHMENT)),
    otherName=arrays(OPEN),
    **PARTY,
)

RELATIONSHIP = objects(relationshipType=TEXT, organization=REFERENCE)

ORGANIZATIONS = objects(
    tradingName=TEXT,
    name=TEXT,
    existsDuring=PERIOD,
    organizationParentRelationship=RELATIONSHIP,
    organizationChildRelationship=arrays(RELATIONSHIP),
    otherName=arrays(objects(name=TEXT)),
    **PARTY,
)

CUSTOMERS = objects(
    name=TEXT,
    status=TEXT,
    engagedParty=RELATED,
    account=arrays(REFERENCE),
    agreement=arrays(REFERENCE),
    characteristic=arrays(CHARACTERISTIC),
    contactMedium=arrays(CONTACT_MEDIUM),
    creditProfile=arrays(objects(creditProfileDate=DATES, creditScore=st.integers(0, 9))),
    paymentMethod=arrays(REFERENCE),
    relatedParty=arrays(RELATED),
)

ITEM = objects(
    id=TEXT,
    channel=arrays(RELATED),
    item=RELATED,
    relatedParty=arrays(RELATED),
    attachment=arrays(ATTACHMENT),
    note=arrays(objects(text=TEXT)),
)

INTERACTIONS = objects(
    reason=TEXT,
    direction=TEXT,
    interactionDate=PERIOD,
    channel=arrays(RELATED),
    interactionItem=arrays(ITEM),
    interactionRelationship=arrays(objects(id=TEXT)),
    relatedParty=arrays(RELATED),
    attachment=arrays(ATTACHMENT),
    note=arrays(objects(text=TEXT, date=DATES)),
)
