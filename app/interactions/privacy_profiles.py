# SPDX-License-Identifier: Apache-2.0
"""The privacy profiles of a party (TMF644) that hold now."""

from collections.abc import Set

from app.domain.ownership import texts_at
from app.resources.resource import Document
from app.resources.restricted_engine import RestrictedCollection
from app.storage.mongod.driver import Session

_OF_PROFILES = (("applicableForParty", "partyOrPartyRole", "id"), ("agreedByParty", "partyOrPartyRole", "id"))
"""Where a privacy profile names the party whose it is: whom it applies to, else who agreed."""


async def live_profiles(profiles: RestrictedCollection, party: str, session: Session | None = None) -> list[Document]:
    """The stored documents of a party's profiles that are not over."""
    return (await live_profiles_of(profiles, {party}, session))[party]


async def live_profiles_of(
    profiles: RestrictedCollection, parties: Set[str], session: Session | None = None
) -> dict[str, list[Document]]:
    """As `live_profiles`, for several parties."""
    documents, lifecycle = profiles.documents, profiles.stored.lifecycle
    of_each: dict[str, list[Document]] = {party: [] for party in parties}
    for each in await documents.naming_any(_OF_PROFILES, parties, session=session):
        if (party := _party_of(each.document)) in of_each and not lifecycle.is_over(each.document):
            of_each[party].append(each.document)
    return of_each


def _party_of(profile: Document) -> str:
    (name, *inner) = next((path for path in _OF_PROFILES if path[0] in profile), _OF_PROFILES[0])
    return next(iter(texts_at(profile, (name, *inner))), "")
