# SPDX-License-Identifier: Apache-2.0
"""Decoys: made-up pairs of parties that are alike and not the same, such as twins and branches. A seed repeats them."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from app.seed.words import ORIGINS

Document = dict[str, Any]
Decoy = tuple[Document, Document]

STREETS = ("Mill Lane", "Orchard Rise", "Rue des Lilas", "Lindenallee", "Calle Mayor", "Tanners Row", "Hafenstrasse")
TOWNS = ("Marrowfield", "Kelderby", "Ballynamore", "Altenfurt", "Vieilleville", "Rathmullet", "Montserra")
FORMS = ("Ltd", "GmbH", "S.A.R.L.", "AB", "plc", "Inc.")
TRADES = ("Logistics", "Bakery", "Software", "Consulting", "Motors", "Textiles", "Energy", "Foods")


class Maker:
    """Makes parties up."""

    def __init__(self, seed: int, with_identifier: bool) -> None:
        self._random = Random(seed)
        self._with_identifier = with_identifier

    def given_name(self, *, other_than: str = "") -> str:
        origin = self._random.choice(list(ORIGINS.values()))
        return next(name for name in self._shuffled(origin.female + origin.male) if name != other_than)

    def family_name(self) -> str:
        return self._random.choice(self._random.choice(list(ORIGINS.values())).family)

    def _shuffled(self, names: tuple[str, ...]) -> list[str]:
        return self._random.sample(names, len(names))

    def birth_date(self, first: int = 1935, last: int = 2005) -> str:
        pick = self._random.randint
        return f"{pick(first, last)}-{pick(1, 12):02}-{pick(1, 28):02}T00:00:00Z"

    def digits(self, length: int) -> str:
        return "".join(self._random.choices("0123456789", k=length))

    def address(self) -> Document:
        return {
            "@type": "GeographicAddressContactMedium",
            "street1": f"{self._random.randint(1, 180)} {self._random.choice(STREETS)}",
            "city": self._random.choice(TOWNS),
            "postCode": self.digits(5),
        }

    def phone(self) -> Document:
        return {"@type": "PhoneContactMedium", "phoneNumber": f"+49 30 {self.digits(8)}"}

    def email(self, local: str) -> Document:
        return {"@type": "EmailContactMedium", "emailAddress": f"{local.lower()}{self.digits(3)}@example.com"}

    def individual(self, given: str, family: str, born: str, *media: Document) -> Document:
        identification = {"identificationType": "nationalId", "identificationId": self.digits(9)}
        return {
            "@type": "Individual",
            "givenName": given,
            "familyName": family,
            "birthDate": born,
            "contactMedium": list(media),
            **({"individualIdentification": [identification]} if self._with_identifier else {}),
        }

    def organization(self, name: str, number: str, *media: Document) -> Document:
        identification = {"identificationType": "companyRegister", "identificationId": number}
        return {
            "@type": "Organization",
            "name": name,
            "contactMedium": list(media),
            **({"organizationIdentification": [identification]} if self._with_identifier else {}),
        }

    def company_name(self) -> str:
        return f"{self.family_name()} {self._random.choice(TRADES)} {self._random.choice(FORMS)}"


def twins(make: Maker) -> Decoy:
    given, family, born, home = make.given_name(), make.family_name(), make.birth_date(), make.address()
    return (
        make.individual(given, family, born, home),
        make.individual(make.given_name(other_than=given), family, born, home),
    )


def junior_and_senior(make: Maker) -> Decoy:
    given, family, home = make.given_name(), make.family_name(), make.address()
    return (
        make.individual(given, family, make.birth_date(1935, 1965), home),
        make.individual(given, family, make.birth_date(1966, 2000), home),
    )


def spouses(make: Maker) -> Decoy:
    given, family, home = make.given_name(), make.family_name(), make.address()
    return (
        make.individual(given, family, make.birth_date(1950, 1980), home),
        make.individual(make.given_name(other_than=given), family, make.birth_date(1950, 1980), home),
    )


def shared_contacts(make: Maker) -> Decoy:
    """Flatmates with one e-mail address and one phone."""
    given, home, phone, email = make.given_name(), make.address(), make.phone(), make.email("household")
    return (
        make.individual(given, make.family_name(), make.birth_date(), home, phone, email),
        make.individual(make.given_name(other_than=given), make.family_name(), make.birth_date(), home, phone, email),
    )


def branches(make: Maker) -> Decoy:
    """Branches with one name, number, switchboard and mailbox."""
    name, number, phone, email = make.company_name(), make.digits(9), make.phone(), make.email("office.berlin")
    return (
        make.organization(name, number, make.address(), phone, email),
        make.organization(name, number, make.address(), phone, email),
    )


def placeholders(make: Maker) -> Decoy:
    """Different people of whom somebody had to enter something."""
    media = [{"emailAddress": "info@example.com"}, {"phoneNumber": "+49 30 00000000"}]
    return (
        make.individual("Test", "Test", "1900-01-01T00:00:00Z", make.address(), *media),
        make.individual("Test", "Test", "1900-01-01T00:00:00Z", make.address(), *media),
    )


DECOYS: Mapping[str, Callable[[Maker], Decoy]] = {
    "twins": twins,
    "juniors and seniors": junior_and_senior,
    "spouses": spouses,
    "shared contacts": shared_contacts,
    "branches": branches,
    "placeholders": placeholders,
}


def decoys(name: str, count: int, *, with_identifier: bool, seed: int = 1) -> Iterator[Decoy]:
    """So many pairs of a kind, always the same ones for a seed."""
    make = Maker(seed, with_identifier)
    for _ in range(count):
        yield DECOYS[name](make)
