# SPDX-License-Identifier: Apache-2.0
"""All topics of a server (TMF688): one for each version of each API, and those of clients."""

from collections.abc import Iterable
from typing import Any

from app.domain.origin import Origin
from app.domain.query.attributes import Attribute
from app.errors import Conflict, NotFound, shorten
from app.events.topics.custom_topic import CustomTopic
from app.events.topics.custom_topics import CustomTopics
from app.events.topics.topic import Topic
from app.resources.lists.in_memory import filtered_page
from app.resources.lists.pages import ListPage, ListQuery
from app.storage.documents.receipts import Key


class Topics:
    """The topics at `url`; `declared` and `hub_declared` are the attributes of a Topic and of a Hub."""

    def __init__(
        self, url: str, topics: Iterable[Topic], custom: CustomTopics, declared: Attribute, hub_declared: Attribute
    ) -> None:
        self.url = url
        self._of_apis = {topic.id: topic for topic in topics}
        self._custom = custom
        self._declared = declared
        self._hub_declared = hub_declared

    async def find(self, query: ListQuery) -> ListPage:
        """The topics of a list."""
        of_apis = [topic.view for topic in self._of_apis.values()]
        custom = [topic.view for topic in await self._custom.all()]
        return filtered_page(of_apis + custom, self._declared, query)

    async def get(self, id: str) -> Topic | CustomTopic:
        """The topic with this id. Raises `NotFound`."""
        topic: Topic | CustomTopic | None = self._of_apis.get(id) or await self._custom.find(id)
        if topic is None:
            raise NotFound(f"There is no topic '{shorten(id)}'; the topics are {', '.join(self._of_apis)}")
        return topic

    async def knows(self, id: str) -> bool:
        """Whether a client's topic with this id exists."""
        return await self._custom.find(id) is not None

    async def custom(self, id: str) -> CustomTopic:
        """The client's topic with this id. Raises `NotFound`, and `Conflict` for a topic of an API."""
        topic = await self.get(id)
        if isinstance(topic, Topic):
            raise Conflict(f"{id} is the topic of an API: it stays, and tells what happens here and nothing else")
        return topic

    async def create(self, body: dict[str, Any], origin: Origin, key: Key | None) -> tuple[CustomTopic, bool]:
        """Create a topic, as `CustomTopics.create` does."""
        return await self._custom.create(body, origin, key)

    async def delete(self, id: str, origin: Origin) -> None:
        """Delete a client's topic. Raises `NotFound`, and `Conflict` for a topic of an API."""
        topic = await self.custom(id)
        await self._custom.delete(topic.id, origin)

    def to_view(self, id: str, document: dict[str, Any]) -> dict[str, Any]:
        """The view of a client's topic, which may be deleted by now."""
        return self._custom.to_view(id, document)

    async def listeners(self, topic: Topic | CustomTopic, query: ListQuery) -> ListPage:
        """A list of the registrations at the hub of a topic, in the order of creation."""
        registered: list[dict[str, Any]] = await topic.hub.all()
        return filtered_page(registered, self._hub_declared, query)
