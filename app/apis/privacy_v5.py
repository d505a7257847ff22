# SPDX-License-Identifier: Apache-2.0
"""Privacy Management v5 (TMF644): how its resources show what is stored."""

from app.apis import privacy_v4
from app.apis.characteristic_classes import value_specification_class
from app.apis.v5_parts import ATTACHMENT, CHARACTERISTIC, PARTY_OR_ROLE, RELATED_PARTY_BY_REFERENCE, plain
from app.domain.mapping.native import BaseType, NativeMapping, NativeType
from app.domain.mapping.step import Members
from app.domain.mapping.steps import Nested

_AGREEMENT_SPECIFICATION = Nested("agreementSpecification", plain("AgreementSpecificationRef"))
_PRODUCT_OFFERING = Nested("productOffering", plain("ProductOfferingRef"))
_RELATED_PARTY = Nested("relatedParty", RELATED_PARTY_BY_REFERENCE)

PROFILE_CHARACTERISTIC = NativeMapping(
    NativeType("PartyPrivacyProfileCharacteristic"),
    Nested("characterisitc", CHARACTERISTIC, identifying=True),
    _RELATED_PARTY,
)

PROFILE = NativeMapping(
    NativeType("PartyPrivacyProfile"),
    Nested("agreedByParty", RELATED_PARTY_BY_REFERENCE),
    Nested("agreement", plain("PartyPrivacyAgreementRef")),
    Nested("applicableForParty", RELATED_PARTY_BY_REFERENCE),
    Nested("partyPrivacyProfileCharacteristic", PROFILE_CHARACTERISTIC),
    Nested("partyPrivacyProfileSpecification", plain("PartyPrivacyProfileSpecificationRef")),
    older=privacy_v4.PROFILE,
)

SPECIFICATION_CHARACTERISTIC = NativeMapping(
    NativeType("PartyPrivacyProfileSpecificationCharacteristic"),
    Nested("allowedRole", plain("PartyRoleSpecificationRef")),
    Nested("characteristicValueSpecification", NativeMapping(NativeType(value_specification_class))),
    Nested("charSpecRelationship", plain("CharacteristicSpecificationRelationship")),
)

SPECIFICATION = NativeMapping(
    NativeType("PartyPrivacyProfileSpecification"),
    Nested("applicableRole", NativeMapping(NativeType("PartyPrivacyRoleSpecification"), _AGREEMENT_SPECIFICATION)),
    _PRODUCT_OFFERING,
    _RELATED_PARTY,
    Nested("specCharacteristic", SPECIFICATION_CHARACTERISTIC),
    older=privacy_v4.SPECIFICATION,
)

AGREEMENT_ITEM = NativeMapping(
    NativeType(privacy_v4.agreement_item_class),
    Nested("product", plain("ProductRef")),
    _PRODUCT_OFFERING,
    Nested("termOrCondition", plain("AgreementTermOrCondition")),
)


def document_class(document: Members) -> str:
    """DocumentRef for a document that is kept elsewhere, Document for one in full."""
    return "DocumentRef" if "id" in document else "Document"


DOCUMENT = NativeMapping(
    NativeType(document_class),
    Nested("attachment", ATTACHMENT),
    Nested("category", plain("CategoryRef")),
    Nested("characteristic", CHARACTERISTIC),
    Nested("documentRelationship", plain("DocumentRef")),
    Nested("documentSpecification", plain("DocumentSpecification")),
    Nested(
        "relatedEntity",
        NativeMapping(NativeType("RelatedEntity"), Nested("entity", plain("EntityRef"), identifying=True)),
    ),
    _RELATED_PARTY,
)

AGREEMENT = NativeMapping(
    NativeType("PartyPrivacyAgreement"),
    BaseType("Agreement"),
    Nested("agreementAuthorization", plain("AgreementAuthorization")),
    Nested("agreementItem", AGREEMENT_ITEM),
    Nested("agreementRelationship", plain("AgreementRelationship")),
    _AGREEMENT_SPECIFICATION,
    Nested("characteristic", CHARACTERISTIC),
    Nested("engagedParty", PARTY_OR_ROLE),
    Nested("partyPrivacyProfile", plain("PartyPrivacyProfileRef")),
    Nested("partyPrivacyProfileCharacteristic", PROFILE_CHARACTERISTIC),
    Nested(
        "relatedDocument",
        NativeMapping(NativeType("RelatedDocumentRefOrValue"), Nested("document", DOCUMENT, identifying=True)),
    ),
    _RELATED_PARTY,
    older=privacy_v4.AGREEMENT,
)

VIEWS = {
    "PartyPrivacyProfile": PROFILE,
    "PartyPrivacyProfileSpecification": SPECIFICATION,
    "PartyPrivacyAgreement": AGREEMENT,
}
"""How each resource is seen."""
