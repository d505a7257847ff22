# SPDX-License-Identifier: Apache-2.0
"""Small valid bodies of the version 4 APIs."""

from typing import Any

Body = dict[str, Any]

CALLBACK = "https://listener.example.com/events"
"""Where a listener may be that nothing is ever sent to."""


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
