# SPDX-License-Identifier: Apache-2.0
"""TMF669 Party Role Management: parties in any role, such as supplier or dealer."""

from app.apis import v4_parts, v5_parts
from app.apis.api import Api, Version
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.rules import Dependence, Rules

_V4 = VersionMapping(*v4_parts.IN_EVERY_ROLE)
_V5 = NativeMapping(NativeType("PartyRole"), *v5_parts.IN_EVERY_ROLE, older=_V4)

PARTY_ROLE = Api(
    name="party-role",
    number="TMF669",
    versions={
        "v4": Version("party-role-v4", {"PartyRole": _V4}),
        "v5": Version("party-role-v5", {"PartyRole": _V5}),
    },
    rules={"PartyRole": Rules(needs=(Dependence(("engagedParty", "id"), ("Individual", "Organization")),))},
    # Roles may be kept elsewhere: parties and customers that name such a one by its type are taken as before.
    referred_by_type=False,
)
