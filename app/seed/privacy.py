# SPDX-License-Identifier: Apache-2.0
"""Privacy (TMF644): what some of the private customers were asked to allow, what they answered and agreed upon."""

from datetime import timedelta

from app.seed.contacts import Body
from app.seed.draw import Draw, Shares, period, stamp
from app.seed.organizations import Reference
from app.seed.profile import Profile

ANSWERED = 0.35
"""Share of private customers in service that have a privacy profile."""
PURPOSES = {"emailAddress": "MARKETING", "location": "RESEARCH", "usage": "INFORMATION"}
"""What is asked for, and for what purpose."""
ANSWERS = Shares({"opted out": 55.0, "opted in": 45.0})

SPECIFICATION: Body = {
    "@type": "PartyPrivacyProfileSpecification",
    "name": "Privacy of private customers",
    "description": "What a private customer is asked when a contract begins",
    "status": "active",
    "version": "1",
    "applicableRole": [{"id": "owner", "name": "Owner of the contract"}],
    "partyPrivacyProfileSpecCharacteristic": [
        {
            "id": str(number),
            "name": name,
            "valueType": "string",  # version 5 demands it on create
            "criticalityLevel": "low" if name == "emailAddress" else "high",
            "privacyUsagePurpose": purpose,
            "partyPrivacyProfileSpecCharacteristicValue": [
                {"valueType": "string", "value": answer, "isDefault": answer == "opted out"}
                for answer in ANSWERS.values
            ],
        }
        for number, (name, purpose) in enumerate(PURPOSES.items(), start=1)
    ],
}
"""The create body of the specification that all profiles follow."""


def privacy_profiles(about: Profile, party: Reference, specification: Reference) -> list[Body]:
    """The create bodies of the privacy profiles of a customer's party, none or one.

    `party` and `specification` are the references to what was created.
    """
    draw = about.draw("privacy")
    if not about.individual or not about.reached_service or not draw.chance(ANSWERED):
        return []
    agreed = {**party, "role": "owner"}
    return [
        {
            "@type": "PartyPrivacyProfile",
            "name": f"Consents of {party['name']}",
            "status": "created" if about.until is None else "terminated",
            "creationDate": stamp(about.since),
            "validFor": period(about.since, about.until),
            "agreedByParty": agreed,
            "applicableForParty": dict(agreed),
            "partyPrivacyProfileSpecification": specification,
            "partyPrivacyProfileCharacteristic": _answers(draw),
        }
    ]


def privacy_agreement(about: Profile, profile: Body, reference: Reference) -> Body:
    """The create body of the agreement on a profile with this body, which was created as `reference` says."""
    began = about.since + timedelta(minutes=10)
    return {
        "@type": "PartyPrivacyAgreement",
        "name": "Privacy of private customers",
        "agreementType": "privacy",
        "status": "approved",
        "initialDate": stamp(about.since),
        "agreementPeriod": period(about.since, about.until),
        "engagedParty": [{**profile["agreedByParty"], "role": "customer"}],
        "agreementAuthorization": [
            {"date": stamp(began), "signatureRepresentation": "digital", "state": "approved"},
        ],
        "agreementItem": [{"id": "1", "termOrCondition": [{"id": "1", "description": "It may be withdrawn any time"}]}],
        "partyPrivacyProfile": [reference],
        "partyPrivacyProfileCharacteristic": profile["partyPrivacyProfileCharacteristic"],
    }


def _answers(draw: Draw) -> list[Body]:
    return [
        {
            "id": str(number),
            "name": name,
            "valueType": "string",
            "value": draw.by(ANSWERS),
            "privacyUsagePurpose": purpose,
        }
        for number, (name, purpose) in enumerate(PURPOSES.items(), start=1)
    ]
