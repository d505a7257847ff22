# SPDX-License-Identifier: Apache-2.0
"""Handler of the track record of a resource: the list of its changes."""

from app.domain.events import lower_camel
from app.domain.query.attributes import Attribute
from app.errors import NotFound
from app.http.handlers.lists import Lists
from app.http.messages import Request, Response
from app.resources.engine import Engine
from app.resources.lists.in_memory import filtered_page
from app.resources.lists.pages import ListPage, ListQuery
from app.spec.track_records import CHANGE


class ChangeHandlers:
    """The handler of the changes of one resource in one version; `attributes` are those of a change."""

    def __init__(self, engine: Engine, lists: Lists, attributes: Attribute) -> None:
        self._engine = engine
        self._lists = lists
        self._attributes = attributes

    async def list(self, request: Request) -> Response:
        principal = request.principal
        engine = self._engine if principal is None else self._engine.for_principal(principal)
        try:
            changes = await engine.track_record(request.id)
        except NotFound:
            if elsewhere := await self._engine.absence_error(request.id, principal):
                raise elsewhere from None
            raise

        async def find(query: ListQuery) -> ListPage:
            return filtered_page(changes, self._attributes, query)

        return await self._lists.answer(request, f"{engine.resource.href(request.id)}/{lower_camel(CHANGE)}", find)
