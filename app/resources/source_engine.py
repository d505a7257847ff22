# SPDX-License-Identifier: Apache-2.0
"""The engine of a resource that the server itself makes (`x-source`): what it answers, it answers from memory."""

from collections.abc import AsyncIterable, Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from app.domain import dates
from app.domain.identifiers import Revision
from app.errors import NotFound, shorten
from app.resources.engine import Engine, ResourceView
from app.resources.lists.in_memory import filtered_page
from app.resources.lists.pages import ListPage, ListQuery
from app.resources.resource import Document, Resource
from app.storage.documents.rows import StoredDocument

ATTACHMENT = "attachment"

Make = Callable[[], Mapping[str, Document]]
"""The function that makes the resources, as views without `href`, by id."""


class ServerMadeEngine(Engine):
    """The engine of what the server itself makes (`x-source`), and keeps in the database; clients only read it."""


class SourceEngine(ServerMadeEngine):
    """The read operations on such a resource in one API version. `make` is called when they are first needed.

    The database has the same documents, so that each has its events, history and revision (`SourceNotes`); but while
    another server has noted others there, this one answers what it has itself.
    """

    def __init__(self, resource: Resource, *parts: Any, make: Make) -> None:
        """`parts` are those of any `Engine`."""
        super().__init__(resource, *parts)
        self._make = make
        self._revisions: dict[str, Revision] = {}
        self._made_at = dates.now()

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The documents in their stored shape, by id, in the order of ids."""
        return {id: self.resource.to_stored(view) for id, view in sorted(self._make().items())}

    async def read_revisions(self, noted: AsyncIterable[StoredDocument]) -> None:
        """Take over the revisions of the documents that are `noted` in the database as they are here."""
        async for stored in noted:
            if self.documents.get(stored.id) == stored.document:
                self._revisions[stored.id] = self._edition(stored)

    async def get(self, id: str, attributes: Collection[str] | None = None) -> ResourceView:
        """See `Engine`; whatever `attributes` are wanted, the view is whole."""
        if id not in self.documents:
            raise NotFound(f"There is no {self.resource.name} with the id '{shorten(id)}'")
        revision = self._revisions.get(id) or Revision(1, self._made_at, self.resource.version)
        return ResourceView(revision, self.resource.to_view(id, self.documents[id]))

    async def find(self, query: ListQuery) -> ListPage:
        """See `Engine`. The content of attachments is in a list only if their attribute is asked for."""
        whole = query.attributes is not None and ATTACHMENT in query.attributes
        views = [self.resource.to_view(id, document) for id, document in self.documents.items()]
        return filtered_page(views if whole else list(map(_brief, views)), self.resource.attributes, query)


def _brief(view: Document) -> Document:
    """The view without the content of its attachments."""
    if ATTACHMENT not in view:
        return view
    named = [{name: value for name, value in each.items() if name != "content"} for each in view[ATTACHMENT]]
    return {**view, ATTACHMENT: named}
