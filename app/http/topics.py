"""TMF688 as HTTP: topics, the events of a topic and its hub."""

from functools import partial

from app.domain.filtering.query import parse_query
from app.domain.selection import parse_fields, selected
from app.events.topic import Topic
from app.events.topics import Topics
from app.http.bodies import dump
from app.http.exchange import Request, Response
from app.http.handlers import HubHandlers
from app.http.lists import Lists


class TopicHandlers:
    """The topics themselves: they come with the APIs, so they are read only."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        return await self._lists.answer(request, self._topics.url, self._topics.find)

    async def retrieve(self, request: Request) -> Response:
        return _shown(request, self._topics.get(request.id).shown)


class EventHandlers:
    """The events of the topic that a path names: they come from the log, so they are read only."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        topic = _topic(request, self._topics)
        return await self._lists.answer(request, topic.entries.url, topic.find)

    async def retrieve(self, request: Request) -> Response:
        return _shown(request, await _topic(request, self._topics).get(request.id))


class TopicHubHandlers:
    """The listeners of the topic that a path names."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        topic = _topic(request, self._topics)
        return await self._lists.answer(request, topic.hub_url, partial(self._topics.listeners, topic))

    async def create(self, request: Request) -> Response:
        return await self._of(request).create(request)

    async def retrieve(self, request: Request) -> Response:
        return _shown(request, await _topic(request, self._topics).hub.get(request.id))

    async def delete(self, request: Request) -> Response:
        return await self._of(request).delete(request)

    def _of(self, request: Request) -> HubHandlers:
        topic = _topic(request, self._topics)
        return HubHandlers(topic.hub, topic.hub_url)


def _topic(request: Request, topics: Topics) -> Topic:
    return topics.get(request.parameter("topicId"))


def _shown(request: Request, shown: dict[str, object]) -> Response:
    tree = parse_fields(parse_query(request.query).controls.get("fields"))
    return Response(200, dump(shown if tree is None else selected(shown, tree)))
