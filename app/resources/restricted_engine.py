# SPDX-License-Identifier: Apache-2.0
"""The engine for a principal that is restricted to a part of a resource: what is outside of it does not exist."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.access.principal import Principal
from app.access.restrictions import Restrictions
from app.domain.identifiers import ContentRevision, Revision
from app.domain.json_text import dump
from app.domain.origin import UNKNOWN, Origin
from app.domain.patching.operations import read_operations
from app.domain.patching.query_patch import ALIASES
from app.domain.restriction import READ, Restriction
from app.errors import Conflict, Forbidden, InvalidField, RelationshipConflict, shorten
from app.resources.contents.contents import Contents
from app.resources.engine import Engine, Precondition, ResourceView
from app.resources.lists.filtering import filter_of
from app.resources.lists.pages import ListPage, ListQuery, find_page
from app.resources.references import Reference, refuse_missing
from app.resources.resource import Document, Draft, Resource, Visible
from app.resources.restricted_resource import RestrictedResource
from app.storage.documents.filters import Filter
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Repository
from app.storage.documents.rows import Change, StoredDocument
from app.storage.mongod.driver import Session

MOST_ENGINES = 1000
"""Restricted engines that are kept for each resource; beyond them the one that was used longest ago goes."""

NO_ROLES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RestrictedCollection:
    """The documents of a resource, and what principals may see of them; `stored` has the shape that is stored."""

    restrictions: Restrictions
    stored: Resource
    documents: Repository

    def filter(self, restriction: Restriction) -> Filter | None:
        """The filter on the rows within a restriction; None where all are."""
        return None if restriction.read is None else filter_of(self.stored, restriction.read)

    async def visible(self, principal: Principal, ids: set[str]) -> set[str]:
        """Those of `ids` with which there are documents that the principal may see."""
        try:
            restriction = self.restrictions.of(principal)
        except Forbidden:
            return set()
        return await self.documents.existing(ids, self.filter(restriction) if restriction else None)


_Key = tuple[frozenset[str] | None, frozenset[str], frozenset[str]]

Collections = Mapping[str, RestrictedCollection]


class RestrictedEngine(Engine):
    """The operations on a resource, in one API version, within the `restriction` of a principal."""

    resource: RestrictedResource

    def __init__(
        self,
        resource: Resource,
        *parts: Any,
        restriction: Restriction,
        principal: Principal,
        collections: Collections,
        **more: Any,
    ) -> None:
        """`parts` are those of any `Engine`, `more` those of the engine that this restricts; `collections` has every
        resource, by its name."""
        super().__init__(RestrictedResource.of(resource, restriction, principal), *parts, **more)
        self._restriction = restriction
        self._principal = principal
        self._collections = collections
        self._scope = collections[resource.name].filter(restriction)

    async def get(self, id: str, attributes: Collection[str] | None = None) -> ResourceView:
        """See `Engine`. Whose a document is, and its entity tag, follow from the whole of it."""
        stored = await self._documents.get(id)
        self._admit(READ, stored)
        return self._to_view(stored)

    async def get_as_of(self, id: str, at: datetime) -> ResourceView:
        """See `Engine`. A state is seen by whom it concerned at that instant."""
        return self._to_view(await self._history.get(id, at, self._visible))

    @property
    def _visible(self) -> Visible | None:
        """See `Engine`."""
        return None if self._restriction.owned is None else self._is_visible

    async def find(self, query: ListQuery) -> ListPage:
        """See `Engine`."""
        # Views without hidden attributes are not those that the cache has.
        renderings = self._renderings if self.resource.hides_nothing else None
        hidden = self.resource.hidden_elements
        hidden.refuse_order([key.path for key in query.sort])
        query = self._naming_survivors(query)
        query = replace(query, where=hidden.visible_predicate(query.where))
        return await find_page(self.resource, self._documents, query, renderings, self._scope)

    async def patch(
        self, id: str, patch: Any, media_type: str, demanded: Precondition, origin: Origin = UNKNOWN
    ) -> ResourceView:
        """See `Engine`. Raises `Forbidden` for a patch that names a hidden attribute."""
        if not callable(patch):
            self.resource.refuse_hidden(_named_attributes(patch))
        try:
            return await super().patch(id, patch, media_type, demanded, origin)
        except RelationshipConflict as conflict:
            if self._restriction.owned is None or not conflict.path:
                raise
            # What is between may be somebody else's.
            raise RelationshipConflict(f"The patch would put {self.resource.name} {shorten(id)} above itself") from None

    def _prepare_create(self, body: Document, origin: Origin) -> tuple[StoredDocument, Change, list[Reference], Draft]:
        """See `Engine`. Raises `Forbidden` for what the principal could not see afterwards, and for an id of its own:
        whether that is taken is none of its business."""
        new, announced, references, draft = super()._prepare_create(body, origin)
        if self._restriction.owned is not None and self.resource.own_ids and "id" in body:
            raise Forbidden("The server gives the id, as the access token is bound to a party; leave it out")
        self._refuse_outside(new.id, new.document)
        return new, announced, references, draft

    def _refuse_outside(self, id: str, document: Document) -> None:
        """See `Engine`."""
        self._refuse_unmet(id, document)
        if not self._is_visible(id, document):
            raise Forbidden(
                f"The {self.resource.name} would not be that of the party that the access token is bound to"
            )

    async def _replay(self, first: Document) -> ResourceView:
        """See `Engine`. What is somebody else's by now counts as deleted."""
        self._admit(READ, StoredDocument(**first))
        replayed = await super()._replay(first)
        visible = await self._collections[self.resource.name].visible(self._principal, {first["id"]})
        return replayed._replace(deleted=replayed.deleted or not visible)

    def _admit(self, verb: str, stored: StoredDocument) -> None:
        permits = self._restriction.permits
        if permits(verb, stored.id, stored.document):
            return
        self._refuse_unmet(stored.id, stored.document)
        if not permits(READ, stored.id, stored.document):
            raise self._documents.missing(stored.id)
        raise Forbidden(f"The party that the access token is bound to may not {verb} this {self.resource.name}")

    def _refuse_unmet(self, id: str, document: Document) -> None:
        """Raise for a role of the principal in a document for which it lacks the credentials."""
        self.resource.refuse_roles(self._restriction.unmet_roles(id, document))

    @property
    def _own_survivors(self) -> Set[str] | None:
        """See `Engine`; of others an error would name the survivor."""
        return self._principal.parties

    async def _refuse_foreign(self, references: Sequence[Reference]) -> None:
        """Raise for references to what the principal may not see, as if it did not exist."""
        if self._restriction.owned is not None:
            refuse_missing(references, await self._visible_targets(references))

    async def _visible_targets(self, references: Iterable[Reference]) -> set[Target]:
        ids: dict[str, set[str]] = {}
        for reference in references:
            ids.setdefault(reference.resource, set()).add(reference.id)
        return {
            (name, id)
            for name, some in ids.items()
            for id in await self._collections[name].visible(self._principal, some)
        }

    async def _admit_ends(self, before: Document, after: Document) -> None:
        """See `Engine`. Other ends that the principal does not see, it can neither gain, as if they did not exist, nor
        lose, as they would change; whether they exist makes no difference."""
        if self._restriction.owned is None or self._relationships is None:
            return
        gained, lost = self._relationships.changed_ids(before, after)
        seen = await self._collections[self.resource.name].visible(self._principal, gained | lost)
        if hidden := sorted(gained - seen):
            names = " and ".join(f"/{name}" for name in sorted(self._relationships.attributes))
            raise InvalidField(
                f"{names} may name no {self.resource.name} '{shorten(hidden[0], 60)}', which does not exist here"
            )
        if lost - seen:
            names = " and ".join(sorted(self._relationships.attributes))
            raise Forbidden(
                f"{names} relate this {self.resource.name} to others that the access token is not for; they stay"
            )

    async def _refuse_while_needed(self, stored: StoredDocument, session: Session) -> None:
        try:
            await super()._refuse_while_needed(stored, session)
        except Conflict:
            # By what it is needed may be somebody else's.
            raise Conflict(f"{self.resource.name} {shorten(stored.id)} is needed by others, and stays") from None

    def _edition(self, stored: StoredDocument, view: Document | None = None) -> Revision:
        revision = super()._edition(stored)
        if self.resource.hides_nothing:
            return revision
        shown = self.resource.to_view(stored.id, stored.document) if view is None else view
        return ContentRevision.of(revision, dump(shown))

    async def _may_be_named(self, id: str) -> bool:
        return bool(await self._collections[self.resource.name].visible(self._principal, {id}))

    def _is_visible(self, id: str, document: Document) -> bool:
        return self._restriction.permits(READ, id, document)


class RestrictedEngines:
    """The engines for restricted principals of one resource in one API version."""

    def __init__(
        self, restrictions: Restrictions, make: Callable[..., RestrictedEngine], contents: Contents | None = None
    ) -> None:
        """`make` makes an engine by a `restriction` and a `principal`; they keep the bytes of attachments in
        `contents`."""
        self._contents = contents
        self._restrictions = restrictions
        self._make = make
        self._kept: OrderedDict[_Key, Engine | None] = OrderedDict()

    def of(self, principal: Principal) -> Engine | None:
        """The engine for a principal; None for one that may see all. Raises `Forbidden`."""
        bound = principal.parties is not None
        unmet = self._restrictions.unmet_roles(principal, time.time()) if bound else NO_ROLES
        key = principal.parties, principal.scopes, unmet
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        restriction = self._restrictions.of(principal, unmet)
        engine = None if restriction is None else self._make(restriction=restriction, principal=principal)
        if engine is not None:
            engine.contents = self._contents
        self._kept[key] = engine
        if len(self._kept) > MOST_ENGINES:
            self._kept.popitem(last=False)
        return engine


def _named_attributes(patch: Any) -> dict[str, Any]:
    """The first-level attributes that a patch names: a merge patch, or operations at JSON Pointers.

    What operations find by JSONPath, they find in what the principal sees.
    """
    if isinstance(patch, dict):
        return patch
    paths = [path for each in read_operations(patch, ALIASES) for path in each.paths]
    return {path.split("/")[1].replace("~1", "/").replace("~0", "~"): None for path in paths if path.startswith("/")}
