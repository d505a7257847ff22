"""The TMF verbs as HTTP: each reads a request, asks the engine and tells the answer."""

from app.domain.query import parse_query
from app.domain.selection import parse_fields, selected
from app.engine import Engine
from app.http.bodies import MERGE_PATCH, dump, read_object
from app.http.exchange import JSON, Request, Response
from app.http.paging import paging, totals
from app.notify.hub import Hub


class ResourceHandlers:
    """The five verbs of one resource."""

    def __init__(self, engine: Engine, default_limit: int, max_limit: int) -> None:
        self._engine = engine
        self._default_limit = default_limit
        self._max_limit = max_limit

    async def create(self, request: Request) -> Response:
        shown = await self._engine.create(await read_object(request), request.correlation_id)
        return Response(201, dump(shown), {"Location": shown["href"]})

    async def list(self, request: Request) -> Response:
        query = parse_query(request.query)
        part = paging(query.controls, self._default_limit, self._max_limit)
        tree = parse_fields(query.controls.get("fields"))
        found = await self._engine.find(query.conditions, part.offset, part.limit)
        items = found.items if tree is None else [selected(item, tree) for item in found.items]
        returned = len(items)
        return Response(part.status(returned, found.total), dump(items), totals(returned, found.total))

    async def retrieve(self, request: Request) -> Response:
        tree = parse_fields(parse_query(request.query).controls.get("fields"))
        shown = await self._engine.get(request.id)
        return Response(200, dump(shown if tree is None else selected(shown, tree)))

    async def patch(self, request: Request) -> Response:
        patch = await read_object(request, accepted=(JSON, MERGE_PATCH))
        return Response(200, dump(await self._engine.patch(request.id, patch, request.correlation_id)))

    async def delete(self, request: Request) -> Response:
        await self._engine.delete(request.id, request.correlation_id)
        return Response(204)


class HubHandlers:
    """Registration of listeners with one API (TMF630 part 1, notifications)."""

    def __init__(self, hub: Hub, url: str) -> None:
        self._hub = hub
        self._url = url

    async def create(self, request: Request) -> Response:
        registered = await self._hub.register(await read_object(request))
        return Response(201, dump(registered), {"Location": f"{self._url}/{registered['id']}"})

    async def retrieve(self, request: Request) -> Response:
        return Response(200, dump(await self._hub.get(request.id)))

    async def delete(self, request: Request) -> Response:
        await self._hub.remove(request.id)
        return Response(204)
