# SPDX-License-Identifier: Apache-2.0
"""Individuals (TMF632): the bodies of natural persons."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.seed.contacts import Body, contact_media, plain
from app.seed.draw import Draw, Shares, period, stamp
from app.seed.profile import Profile
from app.seed.regions import Region
from app.seed.words import ORIGINS

TITLES = {"female": Shares({"Ms": 9.0, "Dr": 1.0}), "male": Shares({"Mr": 9.0, "Dr": 1.0})}
MARITAL = Shares({"married": 46.0, "single": 36.0, "divorced": 12.0, "widowed": 6.0})
PROOFS = Shares({"identityCard": 5.0, "passport": 3.0, "drivingLicence": 2.0})
LANGUAGES = {
    "en": "English",
    "fr": "French",
    "de": "German",
    "sv": "Swedish",
    "es": "Spanish",
    "ga": "Irish",
    "cy": "Welsh",
    "br": "Breton",
    "tr": "Turkish",
    "fi": "Finnish",
}
PROVEN = {"Prospect": 0.1, "Created": 0.3, "CreditCheckDone": 0.7, "Rejected": 0.5}
"""Share of customers in a state whose identity has been proven; in the other states it is `MOSTLY_PROVEN`."""
MOSTLY_PROVEN = 0.95


@dataclass(frozen=True)
class Name:
    """The names of one person."""

    given: str
    family: str
    gender: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"

    def mailbox(self, number: int) -> str:
        """The part of a mail address before the `@`; the number keeps it unique."""
        return f"{plain(self.given)}.{plain(self.family)}{number}"


def name(draw: Draw, region: Region) -> Name:
    """A random name, of an origin that is usual in the region."""
    origin = ORIGINS[draw.by(region.origins)]
    if draw.chance(0.5):
        return Name(draw.one(origin.female), draw.one(origin.family), "female")
    return Name(draw.one(origin.male), draw.one(origin.family), "male")


def is_proven(draw: Draw, about: Profile) -> bool:
    """Whether the party's identity has been proven, which the state of the customer makes likely or not."""
    return draw.chance(PROVEN.get(about.stage.name, MOSTLY_PROVEN))


def individual(about: Profile) -> Body:
    """The create body of the person who is the customer."""
    draw = about.draw("party")
    who = name(draw, about.region)
    body = _person(draw, who, about.region, about.since)
    body["externalReference"] = [{"name": f"CRM-{about.number:07d}", "externalReferenceType": "crmId"}]
    body["contactMedium"] = contact_media(draw, about.region, who.mailbox(about.number), about.since)
    body["languageAbility"] = [
        {"languageCode": about.language, "languageName": LANGUAGES[about.language], "isFavouriteLanguage": True}
    ]
    _prove(draw, about, body)
    return body


def contact_person(draw: Draw, about: Profile, place: int) -> Body:
    """The create body of a contact person of an organization; `place` is the index of the person, from 0."""
    who = name(draw, about.region)
    media = contact_media(draw, about.region, f"{who.mailbox(about.number)}-{place}", about.since)
    return {**_person(draw, who, about.region, about.since), "status": "validated", "contactMedium": media}


def _person(draw: Draw, who: Name, region: Region, since: datetime) -> Body:
    born = (since - timedelta(days=draw.between(18 * 366, 76 * 365))).replace(hour=0, minute=0, second=0)
    body: Body = {
        "@type": "Individual",
        "title": draw.by(TITLES[who.gender]),
        "givenName": who.given,
        "familyName": who.family,
        "fullName": who.full,
        "gender": who.gender,
        "birthDate": stamp(born),
        "maritalStatus": draw.by(MARITAL),
    }
    if draw.chance(0.8):
        body |= {"nationality": region.nationality, "countryOfBirth": region.country}
        body["placeOfBirth"] = draw.one(region.towns)
    return body


def _prove(draw: Draw, about: Profile, body: Body) -> None:
    if about.died and about.until is not None:
        body |= {"status": "deceased", "deathDate": stamp(about.until - timedelta(days=draw.between(3, 30)))}
    else:
        body["status"] = "validated" if is_proven(draw, about) else "initialized"
    if body["status"] != "initialized":
        body["individualIdentification"] = [_identification(draw, about)]


def _identification(draw: Draw, about: Profile) -> Body:
    issued = about.since - timedelta(days=draw.between(30, 3000))
    return {
        "identificationType": draw.by(PROOFS),
        "identificationId": draw.digits("ZZ####") + f"{about.number:05d}",  # Nobody else may have it.
        "issuingAuthority": f"Registry of {draw.one(about.region.towns)}",
        "issuingDate": stamp(issued),
        "validFor": period(issued, issued + timedelta(days=3652)),
    }
