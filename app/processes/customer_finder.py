# SPDX-License-Identifier: Apache-2.0
"""Finds customers and their parties, wherever they are: live, or in the archive."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.domain.events import lower_camel
from app.domain.scopes import READ
from app.processes.owner import OWNER, Document, related_party
from app.processes.parties import CUSTOMER, ENGAGED, PARTIES
from app.processes.step import Collection
from app.processes.strong_identifiers import (
    AUTHORITY,
    IDENTIFICATIONS,
    KIND,
    NUMBER,
    Identifier,
    identifier_of,
    identifiers,
)
from app.resources.archive.archive import Archive
from app.resources.archive.register import RegisteredBundle

CUSTOMER_SCOPE = f"{lower_camel(CUSTOMER)}:{READ}"
"""The scope of whoever may find customers by identifiers: it says who has a passport's number."""
ARCHIVE_SCOPE = f"archiveBundle:{READ}"
"""The scope of whoever may be told which customers are in the archive."""


RESTING = ("Suspended", "Terminated")
"""The states of customers that may come back."""


class FoundCustomer(NamedTuple):
    """A customer that was found: its id, and whether it is in the archive. The ids of its `parties` go with it."""

    id: str
    archived: bool
    parties: frozenset[str]


class CustomerFinder:
    """Finds the customers of a party by a strong identifier of it, and the party of a customer."""

    def __init__(self, collections: Mapping[str, Collection], archive: Archive | None) -> None:
        self._collections, self._archive = collections, archive

    async def find(self, identification: Mapping[str, Any]) -> list[FoundCustomer]:
        """The customers of the parties with this identification, by their ids.

        `identification` has the members of TMF632: a live party must have its type and number, and its authority if
        that is given; who was archived had it then. A unique identifier may be spelt in any way, of another the number
        as it is there. Customers that need not come back are left out where there are others.
        """
        others: dict[str, FoundCustomer] = {}
        resting: dict[str, FoundCustomer] = {}
        for party in await self._parties(identification):
            for each in await self._collections[CUSTOMER].documents.naming(ENGAGED, party):
                found = FoundCustomer(each.id, archived=False, parties=frozenset({party}))
                (resting if each.document["status"] in RESTING else others)[each.id] = found
            resting |= _customers_in(await self._bundles_of_party(party))
        resting |= _customers_in(await self._bundles_of(identification))
        return sorted((resting or others).values())

    async def party_of(self, customer: str) -> Document | None:
        """The party of a customer, live or archived, as a related party in the role of the owner; None without one."""
        there = await self._collections[CUSTOMER].documents.beginnings({customer})
        bundle = None if there or not self._archive else await self._archive.register.bundle_of(CUSTOMER, customer)
        document = there[customer][0] if there else bundle.document if bundle else {}
        engaged = document.get("engagedParty", {})
        if not isinstance(id := engaged.get("id"), str):
            return None
        return related_party(id, OWNER, engaged.get("@referredType") or await self._class_of(id))

    async def _class_of(self, party: str) -> str:
        """The resource of a party; that of any, where it is not kept here."""
        for resource in PARTIES:
            if await self._collections[resource].documents.existing({party}):
                return resource
        return "Party"

    async def _parties(self, identification: Mapping[str, Any]) -> list[str]:
        """The ids of the live parties that have the identification."""
        wanted, found = identifier_of(identification), set[str]()
        for resource, attribute in IDENTIFICATIONS.items():
            documents = self._collections[resource].documents
            keys = documents.derived.unique.keys({attribute: [dict(identification)]})
            found.update([id for key in keys if (id := await documents.holder(key))])
            for each in await documents.naming((attribute, NUMBER), str(identification[NUMBER])):
                if any(_is_same(wanted, one) for one, _ in identifiers({**each.document, "@type": resource})):
                    found.add(each.id)
        return sorted(found)

    async def _bundles_of(self, identification: Mapping[str, Any]) -> list[RegisteredBundle]:
        parts = [str(identification[name]) for name in (NUMBER, KIND, AUTHORITY) if name in identification]
        return await self._archive.register.bundles_of(*parts) if self._archive else []

    async def _bundles_of_party(self, party: str) -> list[RegisteredBundle]:
        return await self._archive.register.bundles_of_party(party) if self._archive else []


def _is_same(wanted: Identifier, other: Identifier) -> bool:
    return wanted[:2] == other[:2] and wanted.authority in ("", other.authority)


def _customers_in(bundles: list[RegisteredBundle]) -> dict[str, FoundCustomer]:
    """The customers in those of the bundles that are in the archive."""
    return {
        bundle.document["subject"]["id"]: FoundCustomer(
            bundle.document["subject"]["id"],
            archived=True,
            parties=frozenset({str(bundle.document.get("engagedParty", {}).get("id", ""))} - {""}),
        )
        for bundle in bundles
        if bundle.is_archived and bundle.document["subject"]["@referredType"] == CUSTOMER
    }
