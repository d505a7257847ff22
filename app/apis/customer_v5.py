"""Customer Management v5 (TMF629): how its resource shows what is stored."""

from app.apis.customer_v4 import CUSTOMER as CUSTOMER_V4
from app.apis.v5_parts import CHARACTERISTIC, CONTACT_MEDIUM, RELATED_PARTY, plain
from app.domain.views.classing import Classed
from app.domain.views.native import NativeView
from app.domain.views.nested import Nested
from app.domain.views.reading import Reading
from app.domain.views.steps import Derived

CUSTOMER = NativeView(
    Classed("Customer"),
    Derived("@baseType", lambda _customer: "PartyRole", needs=(), cases=[Reading(constant="PartyRole")]),
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
