"""The TMF verbs as HTTP: each reads a request, asks the engine and tells the answer."""

from app.domain.query import parse_query
from app.domain.selection import Tree, parse_fields, selected
from app.engine import Demand, Engine, Shown
from app.http.bodies import dump, read_object, read_patch
from app.http.conditions import entity_tag, is_known, require
from app.http.exchange import Request, Response
from app.http.paging import paging, totals
from app.notify.hub import Hub


class ResourceHandlers:
    """The five verbs of one resource in one version."""

    def __init__(self, engine: Engine, default_limit: int, max_limit: int) -> None:
        self._engine = engine
        self._version = engine.resource.version
        self._default_limit = default_limit
        self._max_limit = max_limit

    async def create(self, request: Request) -> Response:
        tree = _selection(request)
        shown = await self._engine.create(await read_object(request), request.correlation_id)
        return self._answer(201, shown, tree, Location=shown.view["href"])

    async def list(self, request: Request) -> Response:
        query = parse_query(request.query)
        part = paging(query.controls, self._default_limit, self._max_limit)
        tree = parse_fields(query.controls.get("fields"))
        found = await self._engine.find(query.conditions, part.offset, part.limit)
        items = found.items if tree is None else [selected(item, tree) for item in found.items]
        returned = len(items)
        return Response(part.status(returned, found.total), dump(items), totals(returned, found.total))

    async def retrieve(self, request: Request) -> Response:
        tree = _selection(request)
        shown = await self._engine.get(request.id)
        tag = entity_tag(shown.revision, self._version)
        if tree is None and is_known(request, tag):
            return Response(304, headers={"ETag": tag})
        return self._answer(200, shown, tree)

    async def patch(self, request: Request) -> Response:
        tree = _selection(request)
        patch = await read_patch(request, self._engine.resource.patch_types)
        shown = await self._engine.patch(
            request.id, patch, request.media_type, self._demanded(request), request.correlation_id
        )
        return self._answer(200, shown, tree)

    async def delete(self, request: Request) -> Response:
        await self._engine.delete(request.id, self._demanded(request), request.correlation_id)
        return Response(204)

    def _demanded(self, request: Request) -> Demand:
        return lambda revision: require(request, entity_tag(revision, self._version))

    def _answer(self, status: int, shown: Shown, tree: Tree | None, **headers: str) -> Response:
        """The whole view with its tag, or what was selected of it: the tag stands for the whole alone."""
        if tree is not None:
            return Response(status, dump(selected(shown.view, tree)), headers)
        return Response(status, dump(shown.view), {**headers, "ETag": entity_tag(shown.revision, self._version)})


def _selection(request: Request) -> Tree | None:
    return parse_fields(parse_query(request.query).controls.get("fields"))


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
