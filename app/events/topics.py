"""All topics of a server, one for each version of each API, and the listeners of each."""

from collections.abc import Iterable
from typing import Any

from app.domain.attributes import Attribute
from app.errors import NotFound, shortened
from app.events.few import found_among
from app.events.topic import Topic
from app.lists.finding import Asked, Found


class Topics:
    """The topics at `url`; `declared` and `hub_declared` are what the document says of a Topic and of a Hub."""

    def __init__(self, url: str, topics: Iterable[Topic], declared: Attribute, hub_declared: Attribute) -> None:
        self.url = url
        self._topics = {topic.id: topic for topic in topics}
        self._declared = declared
        self._hub_declared = hub_declared

    async def find(self, asked: Asked) -> Found:
        """The topics of a list."""
        return found_among([topic.shown for topic in self._topics.values()], self._declared, asked)

    def get(self, id: str) -> Topic:
        """The topic with this id. Raises `NotFound`."""
        if id not in self._topics:
            raise NotFound(f"There is no topic '{shortened(id)}'; the topics are {', '.join(self._topics)}")
        return self._topics[id]

    async def listeners(self, topic: Topic, asked: Asked) -> Found:
        """The registrations of a list at the hub of a topic, the first one first."""
        registered: list[dict[str, Any]] = await topic.hub.all()
        return found_among(registered, self._hub_declared, asked)
