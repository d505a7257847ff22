# SPDX-License-Identifier: Apache-2.0
"""Privacy Management v4 (TMF644): how its resources show what is stored."""

from typing import Any

from app.apis.characteristic_classes import (
    CHARACTERISTIC_CLASSES,
    VALUE_SPECIFICATION_CLASSES,
    characteristic_class,
    value_specification_class,
)
from app.apis.v4_parts import CHARACTERISTIC, PARTY_OR_ROLE, RELATED_PARTY_BY_REFERENCE
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.reading import Reading
from app.domain.mapping.shape_steps import Derived, Wrapped
from app.domain.mapping.steps import Nested, Renamed
from app.domain.mapping.type_steps import DefaultType, DerivedType


def _reference(kind: str, *other: str) -> VersionMapping:
    return VersionMapping(DefaultType(kind, *other))


NAME_OR_ID = Derived("name", lambda role: role.get("id"), needs=("id",), cases=[Reading(source=("id",))])
"""v4 demands the `name` of a role, and v5 the `id`."""

_AGREEMENT_SPECIFICATION = Nested("agreementSpecification", _reference("AgreementSpecificationRef"))
_PRODUCT_OFFERING = Nested("productOffering", _reference("ProductOfferingRef"))

PROFILE_CHARACTERISTIC = VersionMapping(
    Nested("relatedParty", RELATED_PARTY_BY_REFERENCE),
    Wrapped(
        "characterisitc",
        VersionMapping(
            Nested("characteristicRelationship", _reference("CharacteristicRelationship")),
            DerivedType(
                characteristic_class, known_types=(*CHARACTERISTIC_CLASSES, "PartyPrivacyProfileCharacteristic")
            ),
        ),
        kind="PartyPrivacyProfileCharacteristic",
        outside=frozenset({"privacyUsagePurpose", "relatedParty"}),
    ),
)

PROFILE = VersionMapping(
    Nested("agreedByParty", RELATED_PARTY_BY_REFERENCE),
    Nested("agreement", _reference("PartyPrivacyAgreementRef")),
    Nested("applicableForParty", RELATED_PARTY_BY_REFERENCE),
    Nested("partyPrivacyProfileCharacteristic", PROFILE_CHARACTERISTIC),
    Nested("partyPrivacyProfileSpecification", _reference("PartyPrivacyProfileSpecificationRef")),
)

SPECIFICATION_CHARACTERISTIC = VersionMapping(
    DefaultType("PartyPrivacyProfileSpecificationCharacteristic"),
    Nested("allowedRole", VersionMapping(DefaultType("PartyRoleSpecificationRef", "RoleSpecification"), NAME_OR_ID)),
    Nested(
        "partyPrivacyProfileSpecCharacteristicValue",
        VersionMapping(
            DerivedType(
                value_specification_class,
                known_types=(*VALUE_SPECIFICATION_CLASSES, "SpecificationCharacteristicValue"),
            )
        ),
    ),
    Renamed("partyPrivacyProfileSpecCharacteristicValue", "characteristicValueSpecification"),
)

SPECIFICATION = VersionMapping(
    Nested(
        "applicableRole",
        VersionMapping(DefaultType("PartyPrivacyRoleSpecification"), NAME_OR_ID, _AGREEMENT_SPECIFICATION),
    ),
    Nested("partyPrivacyProfileSpecCharacteristic", SPECIFICATION_CHARACTERISTIC),
    _PRODUCT_OFFERING,
    Nested("relatedParty", RELATED_PARTY_BY_REFERENCE),
    Renamed("partyPrivacyProfileSpecCharacteristic", "specCharacteristic"),
    Renamed("status", "lifecycleStatus"),
)


def agreement_item_class(item: dict[str, Any]) -> str:
    """The class of a part of an agreement: it is about products, or it claims to be."""
    of_products = "product" in item or "productOffering" in item
    return "ProductAgreementItem" if of_products or item.get("@type") == "ProductAgreementItem" else "AgreementItem"


AGREEMENT = VersionMapping(
    Nested("agreementAuthorization", _reference("AgreementAuthorization")),
    Nested(
        "agreementItem",
        VersionMapping(
            Nested("product", _reference("ProductRef")),
            _PRODUCT_OFFERING,
            Nested("termOrCondition", _reference("AgreementTermOrCondition")),
            DerivedType(agreement_item_class, known_types=("AgreementItem", "ProductAgreementItem")),
        ),
    ),
    _AGREEMENT_SPECIFICATION,
    Nested("associatedAgreement", _reference("AgreementRelationship", "AgreementRef")),
    Nested("characteristic", CHARACTERISTIC),
    Nested("engagedParty", PARTY_OR_ROLE),
    Nested("partyPrivacyProfile", _reference("PartyPrivacyProfileRef")),
    Nested("partyPrivacyProfileCharacteristic", PROFILE_CHARACTERISTIC),
    Renamed("associatedAgreement", "agreementRelationship"),
)

VIEWS = {
    "PartyPrivacyProfile": PROFILE,
    "PartyPrivacyProfileSpecification": SPECIFICATION,
    "PartyPrivacyAgreement": AGREEMENT,
}
"""How each resource is seen."""
