# SPDX-License-Identifier: Apache-2.0
"""TMF669 Party Role Management: parties in any role, such as supplier or dealer, and specifications of such roles."""

from app.apis import v4_parts, v5_parts
from app.apis.api import Api, Version
from app.apis.characteristic_classes import value_specification_class
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.steps import Nested
from app.domain.rules import ROLE, Dependence, Rules

_V4 = VersionMapping(*v4_parts.IN_EVERY_ROLE)
_V5 = NativeMapping(NativeType("PartyRole"), *v5_parts.IN_EVERY_ROLE, older=_V4)

_VALUE = NativeMapping(NativeType(value_specification_class))
_CHARACTERISTIC = NativeMapping(
    NativeType("CharacteristicSpecification"),
    Nested("charSpecRelationship", v5_parts.plain("CharacteristicSpecificationRelationship")),
    Nested("characteristicValueSpecification", _VALUE),
)
_RELATIONSHIP = NativeMapping(
    NativeType("EntitySpecificationRelationship"),
    Nested("associationSpec", v5_parts.plain("AssociationSpecificationRef")),
)
_SPECIFICATION = NativeMapping(
    NativeType("PartyRoleSpecification"),
    Nested("agreementSpecification", v5_parts.plain("AgreementSpecificationRef")),
    Nested("attachment", v5_parts.ATTACHMENT),
    Nested("constraint", v5_parts.plain("ConstraintRef")),
    Nested("entitySpecRelationship", _RELATIONSHIP),
    Nested("permissionSpecificationSet", v5_parts.plain("PermissionSpecificationSetRef")),
    Nested("relatedParty", v5_parts.RELATED_PARTY_BY_REFERENCE),
    Nested("specCharacteristic", _CHARACTERISTIC),
)

PARTY_ROLE = Api(
    name="party-role",
    number="TMF669",
    versions={
        "v4": Version("party-role-v4", {"PartyRole": _V4}),
        "v5": Version("party-role-v5", {"PartyRole": _V5, "PartyRoleSpecification": _SPECIFICATION}),
    },
    rules={
        "PartyRole": Rules(
            needs=(
                Dependence(("engagedParty", "id"), ("Individual", "Organization")),
                Dependence(("partyRoleSpecification", "id"), ("PartyRoleSpecification",)),
            ),
            archived=ROLE,
        ),
        "PartyRoleSpecification": Rules(),
    },
    # Roles may be kept elsewhere: parties and customers that name such a one by its type are taken as before.
    referred_by_type=False,
)
