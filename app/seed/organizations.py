# SPDX-License-Identifier: Apache-2.0
"""Organizations (TMF632): companies and public bodies, and the parties that must exist before them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

from app.seed.contacts import Body, contact_media, plain
from app.seed.draw import Draw, Shares, period, stamp
from app.seed.people import contact_person, is_proven
from app.seed.profile import Profile
from app.seed.words import ORIGINS, PREFIXES, PUBLIC_BODIES, TRADES

Kind = Literal["individual", "organization"]
Reference = dict[str, str]

CONTACTS = Shares({0: 25.0, 1: 55.0, 2: 20.0})
ROLES = Shares({"contactPerson": 6.0, "billReceiver": 2.0, "technicalContact": 2.0})
HAS_PARENT = 0.15
PUBLIC = 0.12


class Kin(NamedTuple):
    """A party that must be created before the customer's own, and how the own party is related to it."""

    kind: Kind
    body: Body
    role: str


def organization(about: Profile) -> Body:
    """The create body of the organization that is the customer."""
    return _organization(about.draw("party"), about)


def kin(about: Profile) -> tuple[Kin, ...]:
    """The contact persons and the parent of the organization; both may be missing."""
    draw = about.draw("kin")
    persons = [
        Kin("individual", contact_person(draw, about, place), draw.by(ROLES)) for place in range(draw.by(CONTACTS))
    ]
    if draw.chance(HAS_PARENT):
        return (*persons, Kin("organization", _parent(draw, about), "parent"))
    return tuple(persons)


def with_kin(body: Body, relatives: Sequence[Kin], references: Sequence[Reference]) -> Body:
    """A party's body naming its relatives, whose `references` come in the same order."""
    pairs = list(zip(relatives, references, strict=True))
    related = [{**reference, "role": one.role} for one, reference in pairs if one.kind == "individual"]
    parents = [reference for one, reference in pairs if one.kind == "organization"]
    named = {**body, "relatedParty": related} if related else dict(body)
    for parent in parents:
        named["organizationParentRelationship"] = {"relationshipType": "juridical", "organization": dict(parent)}
    return named


def _parent(draw: Draw, about: Profile) -> Body:
    group = f"{draw.one(PREFIXES)} {draw.one(about.region.towns)} Group"
    return {
        "@type": "Organization",
        "name": group,
        "tradingName": group,
        "organizationType": "company",
        "isLegalEntity": True,
        "isHeadOffice": True,
        "status": "validated",
        "existsDuring": period(about.since - timedelta(days=draw.between(1000, 9000))),
    }


def _organization(draw: Draw, about: Profile) -> Body:
    public = draw.chance(PUBLIC)
    trading, form = _public_name(draw, about) if public else _company_name(draw, about)
    founded = about.since - timedelta(days=draw.between(60, 12_000, lean=1.5))
    return {
        "@type": "Organization",
        "name": f"{trading} {form}".strip(),
        "tradingName": trading,
        "nameType": form or "public body",
        "organizationType": "publicBody" if public else "company",
        "isLegalEntity": True,
        "isHeadOffice": draw.chance(0.8),
        "status": "closed" if about.died else "validated" if is_proven(draw, about) else "initialized",
        "existsDuring": period(founded, about.until if about.died else None),
        "externalReference": [{"name": f"CRM-{about.number:07d}", "externalReferenceType": "crmId"}],
        "contactMedium": contact_media(draw, about.region, f"{plain(trading)}{about.number}", about.since),
        "organizationIdentification": [
            {
                "identificationType": "commercialRegistration",
                "identificationId": draw.digits("ZZ-####") + f"{about.number:05d}",  # Nobody else may have it.
                "issuingAuthority": f"Registry of {draw.one(about.region.towns)}",
                "issuingDate": stamp(founded),
            }
        ],
        "partyCharacteristic": [
            {"name": "numberOfEmployees", "value": draw.between(1, 4000, lean=5), "valueType": "integer"}
        ],
    }


def _company_name(draw: Draw, about: Profile) -> tuple[str, str]:
    form, trade = draw.one(about.region.legal_forms), draw.one(TRADES)
    if draw.chance(0.5):
        families = ORIGINS[draw.by(about.region.origins)].family
        return f"{draw.one(families)} & {draw.one(families)} {trade}", form
    return f"{draw.one(PREFIXES)} {trade} {draw.one(about.region.towns)}", form


def _public_name(draw: Draw, about: Profile) -> tuple[str, str]:
    return f"{draw.one(about.region.towns)} {draw.one(PUBLIC_BODIES)}", ""
