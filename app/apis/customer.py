# SPDX-License-Identifier: Apache-2.0
"""TMF629 Customer Management: parties in the role of a buyer."""

from app.apis import customer_v4, customer_v5
from app.apis.api import Api, Version
from app.domain.rules import SUBJECT, Dependence, Rules

CUSTOMER = Api(
    name="customer",
    number="TMF629",
    versions={
        "v4": Version("customer-v4", {"Customer": customer_v4.CUSTOMER}),
        "v5": Version("customer-v5", {"Customer": customer_v5.CUSTOMER}),
    },
    rules={
        "Customer": Rules(needs=(Dependence(("engagedParty", "id"), ("Individual", "Organization")),), archived=SUBJECT)
    },
    referred_by_type=True,
)
