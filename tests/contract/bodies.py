# SPDX-License-Identifier: Apache-2.0
"""Small valid bodies of the version 4 APIs, and where they go."""

from typing import Any

Body = dict[str, Any]

INDIVIDUAL = "/tmf-api/party/v4/individual"
ORGANIZATION = "/tmf-api/party/v4/organization"
CUSTOMER = "/tmf-api/customerManagement/v4/customer"
INTERACTION = "/tmf-api/partyInteraction/v4/partyInteraction"


def individual(**more: Any) -> Body:
    """An individual, with `more` attributes."""
    return {"givenName": "Ngozi", "familyName": "Okafor", **more}


def organization(**more: Any) -> Body:
    """An organization, with `more` attributes."""
    return {"tradingName": "Delta Shipping", **more}


def customer(**more: Any) -> Body:
    """A customer whose party is kept elsewhere, with `more` attributes."""
    return {"name": "Delta", "engagedParty": {"id": "7301", "@referredType": "Organization"}, **more}


def interaction(**more: Any) -> Body:
    """An interaction, with `more` attributes."""
    return {"reason": "Question", "direction": "inbound", "channel": [{"id": "call-centre"}], **more}
