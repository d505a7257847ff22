# SPDX-License-Identifier: Apache-2.0
"""How somebody is reached: the contact media (TMF632, TMF629, TMF669) that hold now, in the order of preference."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.ownership import objects_at
from app.errors import NotFound
from app.interactions.notices.terms import Recipient
from app.interactions.notices.transport import EMAIL, PUSH, SMS, WEBHOOK
from app.resources.restricted_engine import Collections

ADDRESSES = {"emailAddress": EMAIL, "phoneNumber": SMS, "pushToken": PUSH, "webhookUrl": WEBHOOK}
"""The attributes of a contact medium that are addresses for notices, with the medium of each."""

PARTIES = ("Individual", "Organization")
MOST_STEPS = 3
"""From a role to its party, and no further."""


@dataclass(frozen=True)
class Address:
    """Where a notice may go."""

    medium: str
    address: str


@dataclass(frozen=True)
class Contact:
    """Somebody who may be told: by which addresses, the preferred ones first, in which languages, under which name.

    `ids` are those of the party and of the role in which it is told.
    """

    addresses: tuple[Address, ...]
    languages: tuple[str, ...] = ()
    name: str = ""
    ids: tuple[str, ...] = ()


def contact_of(recipient: Recipient) -> Contact:
    """The contact of somebody whom the policies file knows."""
    languages = (recipient.language,) if recipient.language else ()
    return Contact((Address(recipient.medium, recipient.address),), languages, recipient.name)


class Contacts:
    """Finds parties and roles, and reads how they are reached."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    async def of(self, reference: Mapping[str, Any], now: datetime) -> Contact | None:
        """The contact of whom a reference leads to; None for nobody that is here.

        A role, such as a customer, is reached by its own media first, then by those of its party, whose language and
        name it has.
        """
        found = [each async for each in self._chain(reference)]
        if not found:
            return None
        _, last = found[-1]
        addresses = [address for _, document in found for address in addresses_of(document, now)]
        name = next((name for _, document in reversed(found) if (name := _name(document))), "")
        return Contact(tuple(dict.fromkeys(addresses)), _languages(last), name, tuple(id for id, _ in found))

    async def _chain(self, reference: Mapping[str, Any] | None) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        for _ in range(MOST_STEPS):
            if reference is None or (document := await self._find(reference)) is None:
                return
            yield reference["id"], document
            reference = document.get("engagedParty")

    async def _find(self, reference: Mapping[str, Any]) -> Mapping[str, Any] | None:
        named = str(reference.get("@referredType"))
        for name in [named] if named in self._collections else PARTIES:
            if name in self._collections:
                try:
                    return (await self._collections[name].documents.get(reference["id"])).document
                except NotFound:
                    continue
        return None


def addresses_of(document: Mapping[str, Any], now: datetime) -> Iterator[Address]:
    """The addresses of the contact media of a party or a role that hold now, those of the preferred ones first."""
    media = [each for each in objects_at(document, ("contactMedium",)) if _holds(each.get("validFor") or {}, now)]
    for each in sorted(media, key=lambda each: each.get("preferred") is not True):
        for name, medium in ADDRESSES.items():
            if isinstance(address := each.get(name), str) and address.strip():
                yield Address(medium, address.strip())


def _holds(period: Mapping[str, Any], now: datetime) -> bool:
    start, end = period.get("startDateTime"), period.get("endDateTime")
    return (start is None or start <= now) and (end is None or end > now)


def _languages(document: Mapping[str, Any]) -> tuple[str, ...]:
    abilities = objects_at(document, ("languageAbility",))
    favourite = sorted(abilities, key=lambda each: not each.get("isFavouriteLanguage"))
    return tuple(each["languageCode"] for each in favourite if isinstance(each.get("languageCode"), str))


def _name(document: Mapping[str, Any]) -> str:
    whole = document.get("fullName") or document.get("tradingName") or document.get("name")
    parts = [document.get(each) for each in ("givenName", "familyName")]
    return str(whole or " ".join(each for each in parts if each))
