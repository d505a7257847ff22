"""Create, get, find, patch, delete: the story of a request, for any resource in any version."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import dates, query
from app.domain.events import change
from app.domain.ids import new_id
from app.domain.keepable import refuse_unkeepable
from app.domain.lifecycle import Lifecycle
from app.domain.patching import patched, refuse_fixed
from app.domain.rules import Dependence, check_periods
from app.errors import Conflict
from app.references import References
from app.resource import Document, Resource
from app.search import filter_of
from app.storage.filters import Target, clause
from app.storage.repository import Change, Repository, Stale, Stored

ATTEMPTS = 8
"""How often a patch or delete is tried on a document that others keep changing meanwhile."""

MOST_DEPENDENTS = 1000
"""How many documents that name the one to be deleted are looked at."""


@dataclass(frozen=True)
class Shown:
    """The view of one resource, and the revision that it shows."""

    revision: int
    view: Document


@dataclass(frozen=True)
class Found:
    """A page of views, and how many the whole list has."""

    items: list[Document]
    total: int


Demand = Callable[[int], None]
"""What a client demands of the present revision before it is changed; raises when that is not so."""


@dataclass(frozen=True)
class Need:
    """Documents that may need the one that is to be deleted, and how to tell which of them live."""

    dependence: Dependence
    documents: Repository
    lifecycle: Lifecycle


class Engine:
    """The verbs of one resource in one API version."""

    def __init__(
        self, resource: Resource, documents: Repository, references: References, needs: Sequence[Need] = ()
    ) -> None:
        self.resource = resource
        self._documents = documents
        self._references = references
        self._needs = needs

    async def create(self, body: Document, correlation_id: str | None = None) -> Shown:
        """Keep a new resource and return its view (TMF630 part 1, create)."""
        id, document, announced = await self._prepared(body, correlation_id)
        return self._shown(await self._documents.insert(id, document, announced))

    async def create_many(self, bodies: Sequence[Document]) -> list[Document]:
        """As `create`, for many at a time in one round trip to the database; all are checked before any is kept."""
        rows = [await self._prepared(body, None) for body in bodies]
        await self._documents.insert_many(rows)
        return [self.resource.shown(id, document) for id, document, _ in rows]

    async def get(self, id: str) -> Shown:
        """The view of one resource. Raises `NotFound`."""
        return self._shown(await self._documents.get(id))

    async def find(self, conditions: Sequence[query.Condition], offset: int, limit: int) -> Found:
        """The resources on which every condition holds (TMF630 part 1, filtering and paging).

        They come in the order of their ids: that of creation, but for ids that clients chose.
        """
        page = await self._documents.find(filter_of(self.resource, conditions), offset, limit)
        return Found([self.resource.shown(stored.id, stored.document) for stored in page.items], page.total)

    async def patch(
        self, id: str, patch: Any, media_type: str, demanded: Demand, correlation_id: str | None = None
    ) -> Shown:
        """Apply `patch`, of this media type, to a resource and return its view (TMF630 part 1, partial update).

        When somebody else writes in between, the patch is applied anew to what they wrote, if that is as `demanded`.
        """
        for _ in range(ATTEMPTS):
            stored = await self._documents.get(id)
            demanded(stored.revision)
            document = await self._patched(stored, patch, media_type)
            announced = self._change(stored.revision + 1, stored.document, document, correlation_id)
            if announced is None:
                return self._shown(stored)
            self.resource.rules.touch(document, announced["at"])
            try:
                return self._shown(await self._documents.replace(stored, document, announced))
            except Stale:
                continue
        raise self._contended(id)

    async def delete(self, id: str, demanded: Demand, correlation_id: str | None = None) -> None:
        """Delete a resource (TMF630 part 1, delete). Raises `NotFound`, or `Conflict` while it is needed."""
        for _ in range(ATTEMPTS):
            stored = await self._documents.get(id)
            demanded(stored.revision)
            await self._refuse_while_needed(id)
            announced = self._change(stored.revision + 1, stored.document, None, correlation_id)
            try:
                return await self._documents.remove(stored, announced)
            except Stale:
                continue
        raise self._contended(id)

    def _shown(self, stored: Stored) -> Shown:
        return Shown(stored.revision, self.resource.shown(stored.id, stored.document))

    async def _prepared(self, body: Document, correlation_id: str | None) -> tuple[str, Document, Change]:
        """What a create would keep: the id, the stored document and the change that announces it."""
        resource, at = self.resource, dates.now()
        body = resource.view.normalised(body)
        resource.new.check(body)
        resource.refuse_foreign_type(body)
        shown = resource.attributes.typed(body)
        check_periods(shown)
        await self._references.check(shown)
        document = resource.kept(shown)
        resource.lifecycle.begin(document, at)
        resource.rules.complete(document, at)
        resource.rules.check(document)
        resource.rules.touch(document, at)
        announced = self._change(1, None, document, correlation_id)
        return resource.chosen_id(shown) or new_id(), document, announced

    async def _patched(self, stored: Stored, patch: Any, media_type: str) -> Document:
        resource = self.resource
        shown_before = resource.shown(stored.id, stored.document)
        before = dates.written(shown_before)
        if isinstance(patch, dict):
            patch = resource.view.normalised(patch)
        after = resource.view.normalised(patched(before, patch, media_type))
        refuse_unkeepable(after)
        resource.whole.check_change(before, after)
        shown = resource.attributes.typed(after)
        refuse_fixed(resource.attributes.typed(before), shown, resource.rules.fixed)
        check_periods(shown)
        await self._references.check(shown, shown_before)
        document = resource.patched(stored.document, shown)
        resource.lifecycle.advance(stored.document, document, dates.now())
        resource.rules.untouch(stored.document, document)
        resource.rules.check(document)
        return document

    async def _refuse_while_needed(self, id: str) -> None:
        for need in self._needs if self._references.on else ():
            path = need.dependence.path
            naming = clause(Target(".".join(path), path, "string"), [id])
            dependents = await need.documents.find(naming, 0, MOST_DEPENDENTS)
            for dependent in dependents.items:
                if not need.lifecycle.is_over(dependent.document):
                    told = f"{need.dependence.resource} {dependent.id}"
                    raise Conflict(f"{self.resource.name} {id} is needed by the {told}; delete or end that first")

    def _change(
        self, revision: int, before: Document | None, after: Document | None, correlation_id: str | None
    ) -> Any:
        lifecycle = self.resource.lifecycle
        return change(
            revision=revision,
            at=dates.now(),
            correlation_id=correlation_id,
            before=before,
            after=after,
            state_field=lifecycle.field,
            companions=lifecycle.companions,
        )

    def _contended(self, id: str) -> Conflict:
        return Conflict(f"{self.resource.name} {id} kept changing while you were changing it; read it and try again")
