# SPDX-License-Identifier: Apache-2.0
"""A repository whose documents form no cycles by their references to one another, whoever writes at the same time."""

import asyncio
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence, Set
from functools import partial
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.chains import Chains, Link
from app.errors import Conflict, RelationshipConflict, Unavailable, shorten
from app.storage.documents.referential_integrity import NewRow, Outcome, Target
from app.storage.documents.relationship_lock import RelationshipLock
from app.storage.documents.repository import NONE, NewDocument, Repository
from app.storage.documents.rows import NO_KEYS, Change, Document, StoredDocument, alteration, id_filter, new_row
from app.storage.mongod.durable import BULK_SECONDS, WRITE_SECONDS, Database

Links = Mapping[str, Set[Link]]
"""Links by the id of the document that has them."""
Linked = tuple[str, Set[Link]]
"""The id of a document, and its links."""


class AcyclicRepository(Repository):
    """A repository that refuses a document whose new links, in its `chains`, would lead back to it.

    Writes with new links are transactions that take one lock, so that no two close a cycle together; all other writes
    are those of any repository.
    """

    def __init__(self, database: Database, resource: str, *parts: Any, chains: Chains) -> None:
        super().__init__(database, resource, *parts)
        self._chains = chains
        self._lock = RelationshipLock(database)
        self._turn = asyncio.Lock()  # Transactions of this process need not fail because of each other.

    async def insert(
        self,
        id: str,
        document: Document,
        change: Change,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> StoredDocument:
        """See `Repository`. Raises `RelationshipConflict`."""
        if not self._chains.links(document):
            return await super().insert(id, document, change, targets, shared)
        row = new_row(id, document, change, self.derived, shared)
        (outcome,) = await self._insert_linked([NewRow(row, targets)], WRITE_SECONDS)
        if outcome:
            raise outcome
        return StoredDocument(id, 1, document, change["at"])

    async def insert_within(
        self,
        id: str,
        document: Document,
        change: Change,
        targets: Set[Target],
        session: AsyncClientSession,
        shared: Set[str] = NO_KEYS,
    ) -> None:
        """See `Repository`. Raises `RelationshipConflict`."""
        if links := self._chains.links(document):
            await self._refuse_cycle(id, links, session)
        await super().insert_within(id, document, change, targets, session, shared)

    async def insert_many_within(
        self, news: Sequence[NewDocument], targets: Set[Target], session: AsyncClientSession
    ) -> None:
        """See `Repository`. Raises `RelationshipConflict`."""
        await self._refuse_cycles([(each.id, self._chains.links(each.document)) for each in news], session)
        await super().insert_many_within(news, targets, session)

    async def insert_many(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        """See `Repository`."""
        linked = [row for row in rows if self._links(row)]
        if not linked:
            return await super().insert_many(rows)
        plain = [row for row in rows if not self._links(row)]
        outcomes: list[Any] = [*(await super().insert_many(plain) if plain else [])]
        outcomes += await self._insert_linked([NewRow(row, NONE) for row in linked], BULK_SECONDS)
        by_row = dict(zip(map(id, [*plain, *linked]), outcomes, strict=True))
        return [by_row[id(row)] for row in rows]

    async def insert_referring(self, rows: Sequence[NewRow]) -> list[Outcome]:
        """See `Repository`."""
        if not any(self._links(each.row) for each in rows):
            return await super().insert_referring(rows)
        return await self._insert_linked(rows, BULK_SECONDS)

    async def replace(
        self,
        seen: StoredDocument,
        document: Document,
        change: Change,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> StoredDocument:
        """See `Repository`. Raises `RelationshipConflict`."""
        gained = self._chains.new_links(seen.document, document)
        if not gained:
            return await super().replace(seen, document, change, targets, shared)
        update = alteration(seen.document, document, change, self.derived, shared)
        async with self._turn:
            await self._referring.alter((seen, update), targets, partial(self._refuse_cycle, seen.id, gained))
        return StoredDocument(seen.id, change["revision"], document, change["at"])

    async def replace_within(
        self,
        seen: StoredDocument,
        document: Document,
        change: Change,
        session: AsyncClientSession,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> None:
        """See `Repository`. Raises `RelationshipConflict`."""
        if gained := self._chains.new_links(seen.document, document):
            await self._refuse_cycle(seen.id, gained, session)
        await super().replace_within(seen, document, change, session, targets, shared)

    def needs_check(self, seen: StoredDocument, document: Document) -> bool:
        """See `Repository`."""
        return bool(self._chains.new_links(seen.document, document))

    async def check_returning(self, rows: Sequence[RawBSONDocument], session: AsyncClientSession) -> None:
        """See `Repository`. Raises `RelationshipConflict`: others may refer to them since they left."""
        await self._refuse_cycles([(row["_id"], self._links(row)) for row in rows], session)

    async def _insert_linked(self, rows: Sequence[NewRow], seconds: float) -> list[Outcome]:
        async with self._turn:
            given = [(each.row["_id"], self._links(each.row)) for each in rows]
            return await self._referring.insert(rows, seconds, partial(self._cycles, given))

    async def _cycles(self, given: Sequence[Linked], session: AsyncClientSession) -> dict[str, Conflict]:
        """The errors for those of new documents whose links would lead back to them, also by way of earlier ones."""
        await self._lock.take(self.resource, session)
        new: dict[str, Set[Link]] = {}
        known = ChainMap(new, await self._read_onward(given, session))
        refusals: dict[str, Conflict] = {}
        for id, links in given:
            try:
                self._refuse_return(id, links, known)
            except RelationshipConflict as cycle:
                refusals[id] = cycle
            else:
                new[id] = links
        return refusals

    async def _refuse_cycles(self, given: Sequence[Linked], session: AsyncClientSession) -> None:
        """Raise the first of the errors of `_cycles`, with the id of the document that cannot be there."""
        if not any(links for _, links in given):
            return
        for id, cycle in (await self._cycles(given, session)).items():
            raise RelationshipConflict(f"{self.resource} {shorten(id, 60)}: {cycle.message}") from cycle

    async def _refuse_cycle(self, id: str, links: Set[Link], session: AsyncClientSession) -> None:
        await self._lock.take(self.resource, session)
        self._refuse_return(id, links, await self._read_onward([(id, links)], session))

    def _refuse_return(self, id: str, links: Set[Link], known: Links) -> None:
        """Raise `RelationshipConflict` where links of one kind lead back to the document with this id; `known` are
        those of all that they lead to."""
        for first in sorted(links):
            met, level = {first.id}, {first.id}
            while level:
                if id in level:
                    raise self._cycle_error(first)
                onward = {link.id for each in level for link in known.get(each, ()) if link.kind == first.kind}
                level = onward - met
                met |= onward

    async def _read_onward(self, given: Sequence[Linked], session: AsyncClientSession) -> dict[str, Set[Link]]:
        """The stored links of all documents to which links of one kind lead, also by way of others that are given: a
        query for each step, however many they are."""
        found: dict[str, Set[Link]] = {}
        own: dict[str, Set[Link]] = {}
        for id, links in given:
            own[id] = own.get(id, frozenset()) | links
        met = level = {link for _, links in given for link in links}
        while level:
            if asked := {link.id for link in level} - found.keys():
                found.update(dict.fromkeys(asked, frozenset[Link]()))
                found.update(await self._stored_links(asked, session))
            further = {
                onward
                for link in level
                for onward in {*found[link.id], *own.get(link.id, ())}
                if onward.kind == link.kind
            }
            level = further - met
            met = met | further
        return found

    async def _stored_links(self, ids: Collection[str], session: AsyncClientSession) -> dict[str, Set[Link]]:
        attribute = f"document.{self._chains.attribute}"
        found = self._collection.find(id_filter(ids), {attribute: True}, session=session)
        return {row["_id"]: self._chains.links(row.get("document", {})) for row in await found.to_list()}

    def _links(self, row: RawBSONDocument) -> Set[Link]:
        return self._chains.links(row["document"])

    def _cycle_error(self, first: Link) -> RelationshipConflict:
        chains, target = self._chains, shorten(first.id, 60)
        kind = f" by '{shorten(first.kind, 60)}'" if first.kind else ""
        return RelationshipConflict(
            f"/{chains.attribute} would close a cycle: the {self.resource} {target} leads back to this one{kind}; "
            f"leave it out, or say with another {chains.kind} what it is to this one"
        )
