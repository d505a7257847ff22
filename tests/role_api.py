# SPDX-License-Identifier: Apache-2.0
"""An API of one version that exists in tests only: party roles, as a deployment or a contributor would add them."""

from pathlib import Path

from app.apis import Api, Version
from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Dependence, Rules

FOLDER = Path(__file__).parent / "contract" / "apis"
TEXT = (FOLDER / "party-role-v4.yaml").read_text(encoding="utf-8")
"""What its document says."""
ROLES = "/tmf-api/partyRoleManagement/v4/partyRole"
PARTY_ROLE = Api(
    name="party-role",
    number="TMF669",
    versions={"v4": Version("party-role-v4", {"PartyRole": VersionMapping()}, FOLDER)},
    rules={"PartyRole": Rules(needs=(Dependence(("engagedParty", "id"), ("Organization",)),))},
)
