# SPDX-License-Identifier: Apache-2.0
"""Customer Management v5 (TMF629): how its resource shows what is stored."""

from app.apis.customer_v4 import CUSTOMER as CUSTOMER_V4
from app.apis.v5_parts import CHARACTERISTIC, CONTACT_MEDIUM, RELATED_PARTY, plain
from app.domain.mapping.native import BaseType, NativeMapping, NativeType
from app.domain.mapping.steps import Nested

CUSTOMER = NativeMapping(
    NativeType("Customer"),
    BaseType("PartyRole"),
    Nested("account", plain("AccountRef")),
    Nested("agreement", plain("AgreementRef")),
    Nested("characteristic", CHARACTERISTIC),
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditProfile", plain("CreditProfile")),
    Nested("engagedParty", plain("PartyRef")),
    Nested("partyRoleSpecification", plain("PartyRoleSpecificationRef")),
    Nested("paymentMethod", plain("PaymentMethodRef")),
    Nested("relatedParty", RELATED_PARTY),
    older=CUSTOMER_V4,
)
