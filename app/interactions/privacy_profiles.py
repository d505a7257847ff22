# SPDX-License-Identifier: Apache-2.0
"""The privacy profiles of a party (TMF644) that hold now."""

from app.resources.resource import Document
from app.resources.restricted_engine import RestrictedCollection
from app.storage.mongod.driver import Session

_OF_PROFILES = (("applicableForParty", "partyOrPartyRole", "id"), ("agreedByParty", "partyOrPartyRole", "id"))
"""Where a privacy profile names the party whose it is: whom it applies to, else who agreed."""


async def live_profiles(profiles: RestrictedCollection, party: str, session: Session | None = None) -> list[Document]:
    """The stored documents of a party's profiles that are not over."""
    documents, lifecycle = profiles.documents, profiles.stored.lifecycle
    of_it, agreed_by_it = [await documents.naming(path, party, session=session) for path in _OF_PROFILES]
    found = [*of_it, *(each for each in agreed_by_it if "applicableForParty" not in each.document)]
    return [each.document for each in found if not lifecycle.is_over(each.document)]
