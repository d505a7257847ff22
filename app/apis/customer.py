"""TMF629 Customer Management: parties in the role of a buyer."""

from app.apis.api import Api, Version
from app.apis.customer_v4 import CUSTOMER as CUSTOMER_V4
from app.domain.rules import Rules

CUSTOMER = Api(
    name="customer",
    number="TMF629",
    versions={"v4": Version("customer-v4", {"Customer": CUSTOMER_V4})},
    rules={"Customer": Rules()},
)
