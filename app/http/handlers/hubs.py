# SPDX-License-Identifier: Apache-2.0
"""Handlers of a hub: registrations of listeners (TMF630 part 1, notifications), those of the principal that asks."""

from functools import partial

from app.access.principal import Principal
from app.domain.json_text import dump
from app.events.hub.hub import Hub
from app.http.handlers.lists import Lists
from app.http.handlers.resources import read_object
from app.http.headers.idempotency_key import key_of, replay_headers
from app.http.messages import Request, Response
from app.resources.lists.in_memory import filtered_page
from app.resources.lists.pages import ListPage, ListQuery


class HubHandlers:
    """Registration of listeners with one API (TMF630 part 1, notifications)."""

    def __init__(self, hub: Hub, url: str, lists: Lists) -> None:
        self._hub = hub
        self._url = url
        self._lists = lists

    async def list(self, request: Request) -> Response:
        return await self._lists.answer(request, self._url, partial(self._find, request.principal))

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        key = key_of(request, self._hub.name, self._hub.with_fingerprints(body))
        shown, repeated = await self._hub.register_idempotently(body, key, request.principal)
        replay = replay_headers(repeated, repeated and not await self._hub.knows(shown["id"]))
        return Response(201, dump(shown), {"Location": f"{self._url}/{shown['id']}", **replay})

    async def retrieve(self, request: Request) -> Response:
        return Response(200, dump(await self._hub.get(request.id, request.principal)))

    async def delete(self, request: Request) -> Response:
        await self._hub.remove(request.id, request.principal)
        return Response(204)

    async def _find(self, principal: Principal | None, query: ListQuery) -> ListPage:
        return filtered_page(await self._hub.all(principal), self._hub.attributes, query)
