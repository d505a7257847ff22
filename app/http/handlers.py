"""The TMF verbs as HTTP: each reads a request, asks the engine and tells the answer."""

from collections.abc import Mapping
from functools import partial

from app.domain.cursor import read_cursor
from app.domain.filtering.query import Query, parse_query
from app.domain.selection import Tree, parse_fields, selected
from app.domain.sorting import parse_sort
from app.engine import Demand, Engine, Shown
from app.http.bodies import dump, read_object, read_patch
from app.http.conditions import Conditions, last_modified
from app.http.exchange import Request, Response
from app.http.idempotency import key_of, replayed
from app.http.links import links
from app.http.paging import Paging, paging
from app.http.preferences import applied, counting_preferred
from app.lists.finding import Asked
from app.notify.hub import Hub
from app.storage.counting import Counting


class ResourceHandlers:
    """The five verbs of one resource in one version."""

    def __init__(self, engine: Engine, default_limit: int, max_limit: int, require_if_match: bool) -> None:
        self._engine = engine
        self._version = engine.resource.version
        self._default_limit = default_limit
        self._max_limit = max_limit
        self._require_if_match = require_if_match

    async def create(self, request: Request) -> Response:
        tree = _selection(request)
        body = await read_object(request)
        key = key_of(request, f"{self._version}/{self._engine.resource.name}", body)
        shown = await self._engine.create(body, request.correlation_id, key)
        return _answer(201, shown, tree, {"Location": shown.view["href"], **replayed(shown.repeated)})

    async def list(self, request: Request) -> Response:
        query, preferred = parse_query(request.query), counting_preferred(request)
        part = paging(query.controls, self._default_limit, self._max_limit)
        tree = parse_fields(query.controls.get("fields"))
        found = await self._engine.find(self._asked(query, part, tree, preferred or Counting.EXACT))
        items = found.items if tree is None else [selected(item, tree) for item in found.items]
        told = links(self._engine.resource.url, request.query, part, found) | applied(preferred)
        return Response(part.status(found), dump(items), part.headers(found) | told)

    async def retrieve(self, request: Request) -> Response:
        tree, conditions = _selection(request), Conditions.of(request)
        shown = await self._engine.get(request.id, self._engine.resource.needed(tree))
        conditions.require(shown.edition)
        tag = shown.edition.tag(tree)
        if conditions.is_known(shown.edition, tag):
            return Response(304, headers={"ETag": tag})
        return _answer(200, shown, tree)

    async def patch(self, request: Request) -> Response:
        tree = _selection(request)
        patch = await read_patch(request, self._engine.resource.patch_types)
        shown = await self._engine.patch(
            request.id, patch, request.media_type, self._demanded(request), request.correlation_id
        )
        return _answer(200, shown, tree)

    async def delete(self, request: Request) -> Response:
        await self._engine.delete(request.id, self._demanded(request), request.correlation_id)
        return Response(204)

    def _demanded(self, request: Request) -> Demand:
        return partial(Conditions.of(request).require_for_write, explicit=self._require_if_match)

    def _asked(self, query: Query, part: Paging, tree: Tree | None, counting: Counting) -> Asked:
        return Asked(
            where=query.where,
            offset=part.offset,
            limit=part.limit,
            sort=parse_sort(query.controls.get("sort")),
            cursor=read_cursor(query.controls.get("cursor")),
            counting=counting,
            attributes=self._engine.resource.needed(tree),
        )


def _answer(status: int, shown: Shown, tree: Tree | None, headers: Mapping[str, str] | None = None) -> Response:
    """The view, or what is selected of it, with what it is known by (RFC 9110)."""
    edition, view = shown.edition, shown.view if tree is None else selected(shown.view, tree)
    known_by = {"ETag": edition.tag(tree), "Last-Modified": last_modified(edition)}
    return Response(status, dump(view), {**(headers or {}), **known_by})


def _selection(request: Request) -> Tree | None:
    return parse_fields(parse_query(request.query).controls.get("fields"))


class HubHandlers:
    """Registration of listeners with one API (TMF630 part 1, notifications)."""

    def __init__(self, hub: Hub, url: str) -> None:
        self._hub = hub
        self._url = url

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        key = key_of(request, self._hub.name, body)
        shown, repeated = await self._hub.register_once(body, key)
        return Response(201, dump(shown), {"Location": f"{self._url}/{shown['id']}", **replayed(repeated)})

    async def retrieve(self, request: Request) -> Response:
        return Response(200, dump(await self._hub.get(request.id)))

    async def delete(self, request: Request) -> Response:
        await self._hub.remove(request.id)
        return Response(204)
