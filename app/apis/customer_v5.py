# SPDX-License-Identifier: Apache-2.0
"""Customer Management v5 (TMF629): the mapping of its resource."""

from app.apis.customer_v4 import CUSTOMER as CUSTOMER_V4
from app.apis.v5_parts import IN_EVERY_ROLE
from app.domain.mapping.native import BaseType, NativeMapping, NativeType

CUSTOMER = NativeMapping(NativeType("Customer"), BaseType("PartyRole"), *IN_EVERY_ROLE, older=CUSTOMER_V4)
