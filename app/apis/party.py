# SPDX-License-Identifier: Apache-2.0
"""TMF632 Party Management: individuals and organizations."""

from datetime import datetime
from typing import Any

from app.apis import party_v4, party_v5
from app.apis.api import Api, Version
from app.domain.rules import Rules

Document = dict[str, Any]


def complete_names(organization: Document, at: datetime) -> None:
    """Set the missing one of `tradingName`, mandatory in v4, and `name`, mandatory in v5, to the other."""
    for given, missing in (("name", "tradingName"), ("tradingName", "name")):
        if given in organization:
            organization.setdefault(missing, organization[given])


_EXTERNAL = ("externalReference", "id")

PARTY = Api(
    name="party",
    number="TMF632",
    versions={
        "v4": Version("party-v4", {"Individual": party_v4.INDIVIDUAL, "Organization": party_v4.ORGANIZATION}),
        "v5": Version("party-v5", {"Individual": party_v5.INDIVIDUAL, "Organization": party_v5.ORGANIZATION}),
    },
    rules={
        "Individual": Rules(
            ordered=(("birthDate", "deathDate"),),
            identifiers=(("individualIdentification", "identificationId"), _EXTERNAL),
        ),
        "Organization": Rules(
            complete=complete_names, identifiers=(("organizationIdentification", "identificationId"), _EXTERNAL)
        ),
    },
    referred_by_type=True,
)
