# SPDX-License-Identifier: Apache-2.0
"""Contact media (v4) of generated parties: e-mail, telephone and postal address."""

from datetime import datetime
from functools import cache
from typing import Any
from unicodedata import normalize

from app.seed.draw import Draw, Shares, period
from app.seed.regions import Region

Body = dict[str, Any]

DOMAINS = Shares({"example.com": 6.0, "example.org": 3.0, "example.net": 2.0})
PREFERRED = Shares({0: 5.0, 1: 4.0, 2: 1.0})
UNDECOMPOSED = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "æ": "ae"})


@cache
def plain(word: str) -> str:
    """A word in lower-case ASCII letters, digits and hyphens, as mail addresses use it."""
    letters = normalize("NFKD", word.translate(UNDECOMPOSED)).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in letters if letter.isalnum() or letter == "-")


def contact_media(draw: Draw, region: Region, mailbox: str, since: datetime) -> list[Body]:
    """An e-mail address, a telephone and a postal address, one of them preferred, all valid from `since`."""
    preferred, valid = draw.by(PREFERRED), period(since)
    return [
        {"mediumType": kind, "preferred": place == preferred, "characteristic": details, "validFor": dict(valid)}
        for place, (kind, details) in enumerate(
            [
                ("email", {"emailAddress": f"{mailbox}@{draw.by(DOMAINS)}", "contactType": "mainEmail"}),
                ("telephoneNumber", _telephone(draw, region)),
                ("postalAddress", _address(draw, region)),
            ]
        )
    ]


def _telephone(draw: Draw, region: Region) -> Body:
    mobile = draw.chance(0.8)
    pattern = draw.one(region.mobiles if mobile else region.landlines)
    return {"phoneNumber": draw.digits(pattern), "contactType": "mobilePhone" if mobile else "landline"}


def _address(draw: Draw, region: Region) -> Body:
    return {
        "street1": draw.one(region.streets).format(draw.between(1, 240, lean=2)),
        "city": draw.one(region.towns),
        "postCode": draw.digits(region.post_code),
        "country": region.country,
        "contactType": "mainAddress",
    }
