# SPDX-License-Identifier: Apache-2.0
"""Party Role Management v5 (TMF669): the mapping of its resource."""

from app.apis.party_role_v4 import PARTY_ROLE as PARTY_ROLE_V4
from app.apis.v5_parts import IN_EVERY_ROLE
from app.domain.mapping.native import NativeMapping, NativeType

PARTY_ROLE = NativeMapping(NativeType("PartyRole"), *IN_EVERY_ROLE, older=PARTY_ROLE_V4)
