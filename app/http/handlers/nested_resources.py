# SPDX-License-Identifier: Apache-2.0
"""Handlers of the five operations on a nested resource, within the parent that the path names."""

from app.http.handlers.lists import Lists
from app.http.handlers.resources import ResourceHandlers
from app.http.messages import Request, Response
from app.resources.nested_engine import NestedEngine
from app.spec.nesting import parent_parameter


class NestedHandlers:
    """The handlers of the five operations on a nested resource in one version."""

    def __init__(self, engine: NestedEngine, lists: Lists, require_if_match: bool) -> None:
        self._engine = engine
        self._parameter = parent_parameter(engine.resource.parent)
        self._lists = lists
        self._require_if_match = require_if_match

    async def create(self, request: Request) -> Response:
        return await self._within(request).create(request)

    async def list(self, request: Request) -> Response:
        return await self._within(request).list(request)

    async def retrieve(self, request: Request) -> Response:
        return await self._within(request).retrieve(request)

    async def patch(self, request: Request) -> Response:
        return await self._within(request).patch(request)

    async def delete(self, request: Request) -> Response:
        return await self._within(request).delete(request)

    def _within(self, request: Request) -> ResourceHandlers:
        engine = self._engine.within(request.parameter(self._parameter))
        return ResourceHandlers(engine, self._lists, self._require_if_match)
