# SPDX-License-Identifier: Apache-2.0
"""The documents at both ends of relationships while they are written together: what each gains, loses, is above."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from app.domain.relationships import End, Relationship
from app.errors import RelationshipConflict, shorten
from app.resources.resource import Document
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.mongod.driver import Session


class RelatedDocuments:
    """Those that the caller writes (`own`, None for what goes), and others as the transaction `session` sees them."""

    def __init__(
        self,
        resource: str,
        documents: Repository,
        declared: Sequence[Relationship],
        own: Mapping[str, Document | None],
        session: Session | None = None,
    ) -> None:
        self._resource = resource
        self._repository = documents
        self._declared = declared
        self._own = own.keys()
        self._session = session
        self._documents: dict[str, Document | None] = dict(own)
        self._seen: dict[str, StoredDocument] = {}
        self._steps: list[tuple[End, End, str, str]] = []

    def document(self, id: str) -> Document:
        """A document as it is by now."""
        document = self._documents[id]
        assert document is not None, "what goes is not asked for"
        return document

    @property
    def changed_others(self) -> Iterator[tuple[StoredDocument, Document]]:
        """The others that are not as they were, in the order of their ids."""
        for id, seen in sorted(self._seen.items()):
            document = self._documents[id]
            if document is not None and document is not seen.document:
                yield seen, document

    async def add_others(self, naming: Sequence[StoredDocument]) -> None:
        """Have what is new name those stored documents that name it already."""
        others = [each for each in naming if each.id not in self._own]
        self._know(others)
        for each in others:
            for relationship in self._declared:
                for end, inverse in relationship.directions:
                    for id in self._own & set(end.ids(each.document)):
                        self._gain(relationship, end, inverse, each.id, id)

    async def halves(self, found: Sequence[StoredDocument]) -> set[str]:
        """The ids of those stored documents that name one which does not name them."""
        self._know(found)
        ends = [ends for each in self._declared for ends in each.directions]
        await self._load({id for each in found for end, _ in ends for id in end.ids(each.document)})
        return {
            each.id
            for each in found
            for end, inverse in ends
            for id in end.ids(each.document)
            if id != each.id and (other := self._documents[id]) is not None and each.id not in inverse.ids(other)
        }

    async def complete(self, id: str) -> list[RelationshipConflict]:
        """Have the other ends of a stored document name it; returns what stands against some of them."""
        await self._load([id])
        document, conflicts = self._documents[id] or {}, []
        for relationship in self._declared:
            for end, inverse in relationship.directions:
                await self._load(end.ids(document))
                for other in end.ids(document):
                    try:
                        self._gain(relationship, end, inverse, id, other)
                    except RelationshipConflict as conflict:
                        conflicts.append(conflict)
        return conflicts

    async def follow(self, id: str, before: Document, after: Document) -> None:
        """Have the other ends gain and lose what a document does. Raises `RelationshipConflict`."""
        for relationship in self._declared:
            for end, inverse in relationship.directions:
                was, now = end.ids(before), end.ids(self._documents[id] or after)
                await self._load({*was} ^ {*now})
                for other in was:
                    if other not in now:
                        self._lose(inverse, other, id)
                for other in now:
                    if other not in was:
                        self._gain(relationship, end, inverse, id, other)

    async def refuse_cycles(self, leaves: Set[str]) -> None:
        """Raise `RelationshipConflict` where something would be above itself; nothing is below `leaves`."""
        for end, one, below, above in self._steps:
            if below not in leaves and (path := await self._path(one, above, below)):
                raise self._cycle_error(end, [below, *path])

    def _gain(self, relationship: Relationship, end: End, inverse: End, id: str, other: str) -> None:
        """Have the `other` one name a document by the `inverse` of the `end` by which that names it, if it is here."""
        if other == id:
            if relationship.hierarchy:
                raise self._cycle_error(end, [id, id])
            return
        document = self._documents[other]
        if document is None:
            return
        if relationship.hierarchy:
            self._steps.append((end, relationship.one, *relationship.upwards(end, id, other)))
        if id in inverse.ids(document):
            return
        if inverse.has(document) and not inverse.many:
            known = ", ".join(inverse.ids(document)) or "elsewhere"
            raise RelationshipConflict(
                f"/{end.attribute} names the {self._resource} {shorten(other, 60)}, whose {inverse.attribute} is"
                f" another already ({shorten(known, 60)}); change that first"
            )
        self._documents[other] = inverse.with_id(document, id)

    def _lose(self, inverse: End, other: str, id: str) -> None:
        if document := self._documents[other]:
            self._documents[other] = inverse.without(document, {id})

    async def _path(self, one: End, start: str, goal: str) -> list[str]:
        """The ids that lead upwards from one document to another; empty where none do."""
        below: dict[str, str] = {}
        level = [start]
        while level:
            await self._load(level)
            above = {up: id for id in level for up in one.ids(self._documents[id] or {}) if up not in below}
            await self._load(above)
            below |= above
            if goal in above:
                return _way(below, start, goal)
            level = list(above)
        return []

    async def _load(self, ids: Collection[str]) -> None:
        if missing := set(ids).difference(self._documents):
            self._know(await self._repository.with_ids(missing, self._session))
            for id in missing.difference(self._documents):
                self._documents[id] = None

    def _know(self, found: Sequence[StoredDocument]) -> None:
        for each in found:
            if each.id not in self._documents:
                self._seen[each.id] = each
                self._documents[each.id] = each.document

    def _cycle_error(self, end: End, path: Sequence[str]) -> RelationshipConflict:
        way = " → ".join(shorten(id, 60) for id in path)
        return RelationshipConflict(
            f"/{end.attribute} would put the {self._resource} {shorten(path[0], 60)} above itself: {shorten(way, 600)}",
            path,
        )


def _way(below: Mapping[str, str], start: str, goal: str) -> list[str]:
    way = [goal]
    while way[-1] != start:
        way.append(below[way[-1]])
    return way[::-1]
