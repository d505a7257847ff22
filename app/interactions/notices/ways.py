# SPDX-License-Identifier: Apache-2.0
"""Which way a notice takes: what the party agrees to, the channels that notices may take, and what the server can."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.interactions.notices.contacts import Address, Contact
from app.interactions.notices.terms import NoticeTerms
from app.interactions.privacy_profiles import live_profiles_of
from app.interactions.promises import PARTY
from app.resources.resource import Document
from app.resources.restricted_engine import Collections
from app.storage.documents.batching import Batcher
from app.storage.documents.rows import StoredDocument

CHANNEL, PROFILE = "Channel", "PartyPrivacyProfile"
_TYPE = ("channelType",)


@dataclass(frozen=True)
class Way:
    """Where a notice goes, over the channel with this id."""

    address: Address
    channel: str


class Ways:
    """Finds the way of a notice at the moment at which it is sent; what many ask at once is read once."""

    def __init__(self, collections: Collections, media: Collection[str]) -> None:
        """`media` are those for which the server has a transport."""
        self._channels, self._profiles = collections.get(CHANNEL), collections.get(PROFILE)
        self._media = media
        self._profiles_of: Batcher[str, list[Document]] = Batcher(self._profiles_of_each)
        self._channels_for: Batcher[str, list[StoredDocument]] = Batcher(self._channels_for_each)

    async def agrees(self, contact: Contact, terms: NoticeTerms) -> bool:
        """Whether a party agrees to be told, by its privacy profiles."""
        if self._profiles is None:
            return not terms.consent.required
        profiles = [each for id in contact.ids for each in await self._profiles_of(id)]
        return terms.consent.permits(profiles)

    async def to(self, contact: Contact, tell: str) -> Way | None:
        """The way to the first address that can be reached; None where there is none.

        A party is told over a channel of its register that is in use and allows it, anybody else over any.
        """
        for address in contact.addresses:
            if address.medium in self._media and (channel := await self._channel(address.medium, tell)):
                return Way(address, channel)
        return None

    async def _channel(self, medium: str, tell: str) -> str | None:
        found = await self._channels_for(medium) if self._channels else []
        live = sorted((each for each in found if each.document.get("status") == "active"), key=lambda each: each.id)
        if tell == PARTY:
            return next((each.id for each in live if each.document.get("noticeAllowed") is True), None)
        return live[0].id if live else medium

    async def _profiles_of_each(self, parties: Sequence[str]) -> list[list[Document]]:
        assert self._profiles is not None, "they are served here"
        found = await live_profiles_of(self._profiles, {*parties})
        return [found[party] for party in parties]

    async def _channels_for_each(self, media: Sequence[str]) -> list[list[StoredDocument]]:
        assert self._channels is not None, "they are served here"
        found = await self._channels.documents.naming_any([_TYPE], {*media})
        return [[each for each in found if each.document.get(_TYPE[0]) == medium] for medium in media]
