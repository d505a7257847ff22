# SPDX-License-Identifier: Apache-2.0
"""TMF669 Party Role Management: parties in any role, such as supplier or dealer."""

from app.apis import party_role_v4, party_role_v5
from app.apis.api import Api, Version
from app.domain.rules import Dependence, Rules

PARTY_ROLE = Api(
    name="party-role",
    number="TMF669",
    versions={
        "v4": Version("party-role-v4", {"PartyRole": party_role_v4.PARTY_ROLE}),
        "v5": Version("party-role-v5", {"PartyRole": party_role_v5.PARTY_ROLE}),
    },
    rules={"PartyRole": Rules(needs=(Dependence(("engagedParty", "id"), ("Individual", "Organization")),))},
    # Roles may be kept elsewhere: parties and customers that name such a one by its type are taken as before.
    referred_by_type=False,
)
