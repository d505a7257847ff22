# SPDX-License-Identifier: Apache-2.0
"""A made-up register of individuals, some of them there twice, in the stored shape. A seed repeats it."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

Document = dict[str, Any]

DUPLICATES = 0.08
"""The share of records that are about somebody who is there already."""

_ONSETS = (
    "b",
    "br",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "sch",
    "st",
    "t",
    "v",
    "w",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "au", "ei", "ie", "ou")
_CODAS = ["", "", "", "n", "r", "l", "s", "t", "m", "ck", "nd", "rt"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Words:
    """Words of which some are much more usual than others, as names are (Zipf)."""

    def __init__(self, random: Random, number: int, syllables: int, skew: float) -> None:
        words = {"".join(_syllable(random) for _ in range(random.randint(2, syllables))) for _ in range(number * 2)}
        self._words = sorted(words)[:number]
        random.shuffle(self._words)
        self._weights = list(accumulate(1 / (place + 3) ** skew for place in range(len(self._words))))
        self._random = random

    def one(self) -> str:
        return self._random.choices(self._words, cum_weights=self._weights)[0].capitalize()


class Register:
    """Draws records, one after the other."""

    def __init__(self, seed: int, size: int) -> None:
        self._random = random = Random(seed)
        self._given = _Words(random, 1500, 2, 0.8)
        self._family = _Words(random, 20_000, 3, 0.7)
        self._streets = _Words(random, 4000, 3, 0.4)
        towns = _Words(random, 800, 3, 0.9)
        self._towns = [(towns.one(), f"{random.randint(10_000, 99_999)}") for _ in range(max(20, size // 100))]
        self._size = size

    def records(self) -> Iterator[tuple[str, Document]]:
        """So many records as the size says, each with its id; those of the same person have the same number first."""
        originals: list[tuple[int, Document]] = []
        for number in range(self._size):
            if originals and self._random.random() < DUPLICATES:
                person, original = self._random.choice(originals)
                yield f"{person:08d}-{number:08d}", self._again(original)
            else:
                record = self._person(number)
                if len(originals) < 20_000 or self._random.random() < 0.2:
                    originals.append((number, record))
                yield f"{number:08d}-{number:08d}", record

    def _person(self, number: int) -> Document:
        random = self._random
        given, family = self._given.one(), self._family.one()
        born = random.randint(1935, 2007), random.randint(1, 12), random.randint(1, 28)
        media = [self._address()]
        if random.random() < 0.8:
            phone = f"+49 {random.randint(150, 179)} {random.randint(1_000_000, 99_999_999)}"
            media.append({"@type": "PhoneContactMedium", "phoneNumber": phone})
        if random.random() < 0.7:
            mail = f"{given}.{family}{random.randint(1, 99)}@{random.choice(('example.com', 'example.org'))}"
            media.append({"@type": "EmailContactMedium", "emailAddress": mail.lower()})
        passport = {"identificationType": "passport", "identificationId": f"C{number:08d}", "issuingAuthority": "DE"}
        return {
            "@type": "Individual",
            "givenName": given,
            "familyName": family,
            "birthDate": "{}-{:02}-{:02}T00:00:00Z".format(*born),
            "contactMedium": media,
            **({"individualIdentification": [passport]} if random.random() < 0.6 else {}),
        }

    def _address(self) -> Document:
        town, code = self._random.choice(self._towns)
        street = f"{self._streets.one()}weg {self._random.randint(1, 150)}"
        medium = "GeographicAddressContactMedium"
        return {"@type": medium, "street1": street, "city": town, "postCode": code, "country": "DE"}

    def _again(self, document: Document) -> Document:
        """The same person as somebody else would have entered it: misspelt, moved, with less."""
        random, again = self._random, dict(document)
        for name in ("givenName", "familyName"):
            if random.random() < 0.3:
                again[name] = self._misspelt(again[name])
        media = list(document["contactMedium"])
        if random.random() < 0.25:
            media[0] = self._address()
        elif random.random() < 0.3:
            media[0] = {**media[0], "street1": self._misspelt(media[0]["street1"])}
        again["contactMedium"] = [media[0], *(each for each in media[1:] if random.random() < 0.7)]
        for name, chance in (("birthDate", 0.1), ("individualIdentification", 0.5)):
            if random.random() < chance:
                again.pop(name, None)
        return again

    def _misspelt(self, word: str) -> str:
        at = self._random.randrange(1, len(word))
        return self._random.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + self._random.choice(_LETTERS) + word[at:],
                word[:at] + word[at - 1 :],
            )
        )


def _syllable(random: Random) -> str:
    return random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS)
