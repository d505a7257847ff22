# SPDX-License-Identifier: Apache-2.0
"""Handlers of TMF688: topics, the events of a topic, and its hub."""

from functools import partial

from app.domain.json_text import dump
from app.domain.query.query import parse_query
from app.domain.query.selection import parse_fields, select
from app.events.topics.topics import Topics
from app.http.handlers.hubs import HubHandlers
from app.http.handlers.lists import Lists
from app.http.handlers.resources import read_object
from app.http.headers.idempotency_key import key_of, replay_headers
from app.http.messages import Request, Response


class TopicHandlers:
    """The handlers of topics; create and delete are bound only if the served document offers them."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        return await self._lists.answer(request, self._topics.url, partial(self._topics.find, request.principal))

    async def retrieve(self, request: Request) -> Response:
        return _view_response(request, (await self._topics.get(request.id, request.principal)).view)

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        key = key_of(request, self._topics.url, body)
        topic, repeated = await self._topics.create(body, request.origin, key, request.principal)
        return _created_response(topic.view, repeated, deleted=repeated and not await self._topics.knows(topic.id))

    async def delete(self, request: Request) -> Response:
        await self._topics.delete(request.id, request.origin, request.principal)
        return Response(204)


class EventHandlers:
    """The handlers of the events of a topic."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        topic = await self._topics.get(_id(request), request.principal)
        find = partial(self._topics.find_events, topic, request.principal)
        return await self._lists.answer(request, topic.entries.url, find)

    async def retrieve(self, request: Request) -> Response:
        topic = await self._topics.get(_id(request), request.principal)
        return _view_response(request, await topic.get(request.id))

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        topic = await self._topics.custom(_id(request), request.principal)
        key = key_of(request, topic.entries.url, body)
        return _created_response(*await topic.report(body, request.origin, key))


class TopicHubHandlers:
    """The handlers of the listeners of a topic."""

    def __init__(self, topics: Topics, lists: Lists) -> None:
        self._topics = topics
        self._lists = lists

    async def list(self, request: Request) -> Response:
        return await (await self._of(request)).list(request)

    async def create(self, request: Request) -> Response:
        return await (await self._of(request)).create(request)

    async def retrieve(self, request: Request) -> Response:
        topic = await self._topics.get(_id(request), request.principal)
        return _view_response(request, await topic.hub.get(request.id, request.principal))

    async def delete(self, request: Request) -> Response:
        return await (await self._of(request)).delete(request)

    async def _of(self, request: Request) -> HubHandlers:
        topic = await self._topics.get(_id(request), request.principal)
        return HubHandlers(topic.hub, topic.hub_url, self._lists)


def _id(request: Request) -> str:
    return request.parameter("topicId")


def _view_response(request: Request, shown: dict[str, object]) -> Response:
    selection = parse_fields(parse_query(request.query).controls.get("fields"))
    return Response(200, dump(shown if selection is None else select(shown, selection)))


def _created_response(shown: dict[str, object], repeated: bool, *, deleted: bool = False) -> Response:
    return Response(201, dump(shown), {"Location": str(shown["href"]), **replay_headers(repeated, deleted)})
