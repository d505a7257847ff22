# SPDX-License-Identifier: Apache-2.0
"""All topics of a server (TMF688): one for each version of each API, and those of clients."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from app.access.principal import Principal
from app.domain.origin import Origin
from app.domain.query.attributes import Attribute
from app.errors import Conflict, Forbidden, NotFound, shorten
from app.events.entitlement import Entitlements
from app.events.topics.custom_topic import CustomTopic
from app.events.topics.custom_topics import CustomTopics
from app.events.topics.topic import Topic
from app.events.topics.visible_topic import visible_topic
from app.resources.lists.in_memory import filtered_page
from app.resources.lists.pages import ListPage, ListQuery
from app.storage.documents.receipts import Key


class Topics:
    """The topics at `url`; `declared` are the attributes of a Topic."""

    def __init__(
        self,
        url: str,
        topics: Iterable[Topic],
        custom: CustomTopics,
        declared: Attribute,
        entitlements: Entitlements,
    ) -> None:
        self.url = url
        self._of_apis = {topic.id: topic for topic in topics}
        self._custom = custom
        self._declared = declared
        self._entitlements = entitlements

    async def find(self, principal: Principal | None, query: ListQuery) -> ListPage:
        """The topics of a list, those that a principal sees. Clients' topics are no party's."""
        of_apis = [topic.view for topic in self._of_apis.values()]
        custom = [topic.view for topic in await self._custom.all()] if _sees_custom(principal) else []
        return filtered_page(of_apis + custom, self._declared, query)

    async def get(self, id: str, principal: Principal | None = None) -> Topic | CustomTopic:
        """The topic with this id, as far as a principal sees it. Raises `NotFound`."""
        if of_api := self._of_apis.get(id):
            return of_api if principal is None else visible_topic(of_api, principal, self._entitlements)
        custom = await self._custom.find(id) if _sees_custom(principal) else None
        if custom is None:
            raise NotFound(f"There is no topic '{shorten(id)}'; the topics are {', '.join(self._of_apis)}")
        return custom

    async def find_events(self, topic: Topic | CustomTopic, principal: Principal | None, query: ListQuery) -> ListPage:
        """The events of a list in a topic that a principal got, which also finds what names the survivors of merged
        ids; for one that is bound to parties, only if these are its own."""
        parties = principal.parties if principal else None
        where = self._entitlements.merged.naming_survivors(query.where, parties)
        return await topic.find(replace(query, where=where))

    async def knows(self, id: str) -> bool:
        """Whether a client's topic with this id exists."""
        return await self._custom.find(id) is not None

    async def custom(self, id: str, principal: Principal | None = None) -> CustomTopic:
        """The client's topic with this id. Raises `NotFound`, and `Conflict` for a topic of an API."""
        topic = await self.get(id, principal)
        if isinstance(topic, Topic):
            raise Conflict(f"{id} is the topic of an API: it stays, and tells what happens here and nothing else")
        return topic

    async def create(
        self, body: dict[str, Any], origin: Origin, key: Key | None, principal: Principal | None = None
    ) -> tuple[CustomTopic, bool]:
        """Create a topic, as `CustomTopics.create` does. Raises `Forbidden` for a principal that would not see it."""
        if not _sees_custom(principal):
            raise Forbidden("A topic is no party's; a token that is bound to a party may create none")
        return await self._custom.create(body, origin, key)

    async def delete(self, id: str, origin: Origin, principal: Principal | None = None) -> None:
        """Delete a client's topic. Raises `NotFound`, and `Conflict` for a topic of an API."""
        topic = await self.custom(id, principal)
        await self._custom.delete(topic.id, origin)

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The view of a client's topic, which may be deleted by now."""
        return self._custom.to_view(id, document)


def _sees_custom(principal: Principal | None) -> bool:
    """Whether a principal sees the topics of clients, which belong to no party."""
    return principal is None or principal.parties is None
