# SPDX-License-Identifier: Apache-2.0
"""Customers (TMF629): the role that a party plays for the operator, in any state of its lifecycle."""

from datetime import timedelta

from app.seed.contacts import Body
from app.seed.draw import Draw, Shares, period, stamp
from app.seed.organizations import Reference
from app.seed.profile import Profile

CONSUMER_SEGMENTS = Shares({"standard": 60.0, "premium": 15.0, "youth": 13.0, "senior": 12.0})
ENTERPRISE = 250
"""Number of employees from which a company counts as an enterprise."""
PAYMENTS = Shares(
    {
        ("BankAccountDebit", "Direct debit"): 60.0,
        ("BankCard", "Card payment"): 25.0,
        ("BankAccountTransfer", "Bank transfer"): 12.0,
        ("Cash", "Payment in the shop"): 3.0,
    }
)
ACCOUNTS = Shares({1: 84.0, 2: 13.0, 3: 3.0})
PURPOSES = ("Main account", "Second home", "Family account")
UNSCORED = frozenset({"Prospect", "Created", "Closed"})
"""States in which no credit profile has been asked for."""


def customer(about: Profile, party: Body, engaged: Reference) -> Body:
    """The create body of the customer; `party` is its party's body, `engaged` the reference to the created party."""
    draw = about.draw("customer")
    body: Body = {
        "@type": "Customer",
        "name": engaged["name"],
        "status": about.stage.name,
        "statusReason": about.reason,
        "validFor": period(about.since, about.until),
        "engagedParty": dict(engaged),
        "contactMedium": [dict(medium) for medium in party["contactMedium"]],
        "characteristic": _characteristics(draw, about, party),
    }
    if about.stage.name not in UNSCORED:
        body["creditProfile"] = [_credit(draw, about)]
    if about.reached_service or about.stage.name == "Approved":
        body |= {"account": _accounts(draw, about), "paymentMethod": [_payment(draw, about)]}
    if about.reached_service:
        body["agreement"] = [_agreement(draw, about)]
    return body


def _characteristics(draw: Draw, about: Profile, party: Body) -> list[Body]:
    segment = draw.by(CONSUMER_SEGMENTS) if about.individual else _business_segment(party)
    return [
        {"name": "segment", "value": segment, "valueType": "string"},
        {"name": "value", "value": draw.between(1, 100, lean=1.4), "valueType": "integer"},
        {"name": "language", "value": about.language, "valueType": "string"},
    ]


def _business_segment(party: Body) -> str:
    if party["organizationType"] == "publicBody":
        return "publicSector"
    return "enterprise" if party["partyCharacteristic"][0]["value"] >= ENTERPRISE else "smallBusiness"


def _credit(draw: Draw, about: Profile) -> Body:
    checked = about.since + timedelta(minutes=draw.between(5, 600))
    poor = about.stage.name == "Rejected" or "unpaid" in about.reason
    return {
        "creditProfileDate": stamp(min(checked, about.now)),
        "creditRiskRating": draw.between(7, 10) if poor else draw.between(1, 6),
        "creditScore": draw.between(300, 520) if poor else draw.between(520, 850),
        "validFor": period(about.since, about.since + timedelta(days=365)),
    }


def _accounts(draw: Draw, about: Profile) -> list[Body]:
    return [
        {
            "id": f"BA-{about.number:07d}-{place}",
            "name": PURPOSES[place - 1] if about.individual else f"Site {place}",
            "description": "Monthly bill",
            "@referredType": "BillingAccount",
        }
        for place in range(1, draw.by(ACCOUNTS) + 1)
    ]


def _payment(draw: Draw, about: Profile) -> Body:
    kind, name = draw.by(PAYMENTS)
    return {"id": f"PM-{about.number:07d}", "name": name, "@referredType": kind}


def _agreement(draw: Draw, about: Profile) -> Body:
    term = draw.one(("Open-ended contract", "12-month contract", "24-month contract"))
    return {"id": f"AG-{about.number:07d}", "name": term, "@referredType": "Agreement"}
