# SPDX-License-Identifier: Apache-2.0
"""The engine of a nested resource (`x-parent`): by keys within all parents, or by ids within one parent."""

from collections.abc import Collection, Sequence, Set
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.access.principal import Principal
from app.domain.nested_keys import nested_key
from app.domain.origin import UNKNOWN, Origin
from app.domain.violations import Violation, refusal
from app.errors import NotFound, TmfError, shorten
from app.resources.bulk import Bulk, New, ValidatedBody
from app.resources.engine import Engine, Precondition, ResourceView
from app.resources.lists.pages import ListPage, ListQuery, find_page
from app.resources.nested_resource import NestedResource
from app.resources.references import Reference, References
from app.resources.resource import Document, Draft
from app.storage.documents.filters import children_filter
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Repository
from app.storage.documents.rows import Change, StoredDocument


class NestedEngine(Engine):
    """The operations on a nested resource in one API version.

    A new instance addresses resources of all parents by their keys, for files and events; that of `within` addresses
    those of one parent by their ids, for clients.
    """

    resource: NestedResource

    def __init__(self, resource: NestedResource, *parts: Any, parents: Repository) -> None:
        """`parts` are those of any `Engine`; `parents` the documents of the parents."""
        super().__init__(resource, *parts)
        self._parents = parents
        self._parent_id: str | None = None

    def within(self, parent_id: str) -> "NestedEngine":
        """The engine of the resources within the parent with this id."""
        scoped = copy(self)
        scoped._parent_id, scoped.resource = parent_id, self.resource.within(parent_id)
        return scoped

    def for_principal(self, principal: Principal) -> Engine:
        """See `Engine`; within the same parent."""
        engine = super().for_principal(principal)
        if engine is self or self._parent_id is None or not isinstance(engine, NestedEngine):
            return engine
        return engine.within(self._parent_id)

    @property
    def place(self) -> str:
        """See `Engine`; each parent has idempotency keys of its own."""
        return f"{super().place}/{self._parent_id}"

    async def get(self, id: str, attributes: Collection[str] | None = None) -> ResourceView:
        """See `Engine`."""
        return await super().get(self._key(id), attributes)

    async def get_as_of(self, id: str, at: datetime) -> ResourceView:
        """See `Engine`."""
        return await super().get_as_of(self._key(id), at)

    async def find(self, query: ListQuery) -> ListPage:
        """See `Engine`. Raises `NotFound` where there is no such parent."""
        if self._parent_id is None:
            return await super().find(query)
        if not await self._parents.existing({self._parent_id}):
            raise self._no_parent()
        children = children_filter(self._parent_id)
        return await find_page(self.resource, self._documents, query, self._renderings, children)

    async def patch(
        self, id: str, patch: Any, media_type: str, demanded: Precondition, origin: Origin = UNKNOWN
    ) -> ResourceView:
        """See `Engine`."""
        return await super().patch(self._key(id), patch, media_type, demanded, origin)

    async def delete(self, id: str, demanded: Precondition, origin: Origin = UNKNOWN) -> None:
        """See `Engine`."""
        await super().delete(self._key(id), demanded, origin)

    def _prepare_create(self, body: Document, origin: Origin) -> tuple[StoredDocument, Change, list[Reference], Draft]:
        """See `Engine`; a reference to the parent keeps that from deletion until the write is done."""
        assert self._parent_id is not None, "clients create within a parent"
        new, announced, references, draft = super()._prepare_create(body, origin)
        key = nested_key(self._parent_id, new.id)
        document = self.resource.with_own_id(key, new.document)
        held = [*references, parent_reference(self.resource, self._parent_id)]
        return new._replace(id=key, document=document), announced, held, draft._replace(document=document)

    def _bulk(self) -> Bulk:
        return _NestedBulk(self.resource, self._documents, self._references)

    def _dangling_error(self, references: Sequence[Reference], existing: Set[Target]) -> TmfError:
        """The error for dangling references; 404 if the parent, which the URL names, is missing."""
        if (self.resource.parent, self._parent_id) not in existing:
            return self._no_parent()
        return super()._dangling_error(references, existing)

    def _no_parent(self) -> NotFound:
        return NotFound(f"There is no {self.resource.parent} with the id '{shorten(self._parent_id or '')}'")

    def _key(self, id: str) -> str:
        return id if self._parent_id is None else nested_key(self._parent_id, id)


def parent_reference(resource: NestedResource, parent_id: str) -> Reference:
    """The reference of a nested resource to its parent."""
    return Reference(("href",), resource.parent, parent_id, parent_id)


class _NestedBulk(Bulk):
    """Bulk creates of nested resources from files, whose lines name the parents in `href`."""

    def __init__(self, resource: NestedResource, documents: Repository, references: References) -> None:
        super().__init__(resource, documents, references)
        self._nested = resource

    def identify(self, new: New, shown: Document) -> ValidatedBody:
        """See `Bulk`."""
        parent_id = self._nested.parent_id_in(new.body.get("href"))
        if parent_id is None:
            expected = self._nested.address.item(nested_key("1", "2"))
            message = f"must name the {self._nested.parent} that it is within, such as {expected}"
            raise refusal([Violation("/href", message, rule="parent")])
        body = super().identify(new, shown)
        references = [*body.references, parent_reference(self._nested, parent_id)]
        return replace(body, id=nested_key(parent_id, body.id), references=references)

    def document(self, body: ValidatedBody, at: datetime) -> Document:
        """See `Bulk`."""
        return self._nested.with_own_id(body.id, super().document(body, at))
