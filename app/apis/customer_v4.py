# SPDX-License-Identifier: Apache-2.0
"""Customer Management v4 (TMF629): how its resource shows what is stored."""

from app.apis.v4_parts import CHARACTERISTIC, CONTACT_MEDIUM, PARTY, RELATED_PARTY
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.reading import Reading
from app.domain.mapping.shape_steps import Derived, Lifted
from app.domain.mapping.steps import Nested
from app.domain.mapping.type_steps import DefaultType

ACCOUNT = VersionMapping(
    DefaultType("AccountRef"),
    Derived("name", lambda account: account.get("id"), needs=("id",), cases=[Reading(source=("id",))]),
)

CUSTOMER = VersionMapping(
    Lifted("engagedParty", "role"),
    Nested("engagedParty", PARTY),
    Nested("account", ACCOUNT),
    Nested("agreement", VersionMapping(DefaultType("AgreementRef"))),
    Nested("characteristic", CHARACTERISTIC),
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditProfile", VersionMapping(DefaultType("CreditProfile"))),
    Nested("paymentMethod", VersionMapping(DefaultType("PaymentMethodRef"))),
    Nested("relatedParty", RELATED_PARTY),
)
