# SPDX-License-Identifier: Apache-2.0
"""Party roles (TMF669): what some of the companies that are customers do for the operator."""

from datetime import datetime, timedelta

from app.seed.contacts import Body
from app.seed.draw import Draw, Shares, period
from app.seed.organizations import Reference
from app.seed.profile import Profile

HAS_ROLE = 0.5
"""Share of companies that play a role besides that of a customer."""
KINDS = Shares(
    {
        ("Supplier", "supplier", "Delivers to the operator"): 40.0,
        ("BusinessPartner", "dealer", "Sells what the operator offers"): 30.0,
        ("BusinessPartner", "installer", "Connects homes for the operator"): 20.0,
        ("Producer", "contentProvider", "Makes what the operator shows"): 10.0,
    }
)
"""The class of a role, what the party is in it, and why."""
STATES = Shares({"Active": 80.0, "Validated": 8.0, "Suspended": 5.0, "ValidationInProgress": 4.0, "Created": 3.0})
REGIONS_SERVED = Shares({1: 60.0, 2: 30.0, 3: 10.0})


def roles(about: Profile, party: Body, engaged: Reference, customer: Reference) -> list[Body]:
    """The create bodies of the roles of a customer's party, none or one.

    `party` is the body of the party, `engaged` and `customer` are the references to what was created.
    """
    draw = about.draw("roles")
    if party.get("organizationType") != "company" or not draw.chance(HAS_ROLE):
        return []
    kind, role, reason = draw.by(KINDS)
    began = _began(draw, about)
    return [
        {
            "@type": kind,
            "name": engaged["name"],
            "status": draw.by(STATES) if about.until is None else "Terminated",
            "statusReason": reason if about.until is None else about.reason,
            "validFor": period(began, about.until),
            "engagedParty": {**engaged, "role": role},
            "contactMedium": [dict(medium) for medium in party["contactMedium"]],
            "characteristic": [{"name": "regionsServed", "value": draw.by(REGIONS_SERVED), "valueType": "integer"}],
            "agreement": [{"id": f"PA-{about.number:07d}", "name": "Partner agreement", "@referredType": "Agreement"}],
            "relatedParty": [{**customer, "role": "customer"}],
        }
    ]


def _began(draw: Draw, about: Profile) -> datetime:
    """Some time after the party became a customer, and before it ceased to be one."""
    last = about.now if about.until is None else about.until
    return about.since + timedelta(seconds=draw.between(0, int((last - about.since).total_seconds()), lean=2))
