# SPDX-License-Identifier: Apache-2.0
"""Legal holds: which of them, while they live, stand against the removal of documents, and of what belongs to these."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.events import lower_camel
from app.domain.ownership import Ownership
from app.domain.query.predicates import Path
from app.storage.documents.aliases import Aliases
from app.storage.documents.referential_integrity import Target
from app.storage.documents.rows import STATE
from app.storage.mongod.durable import Collection as Rows
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

REFERRED_TYPE = "@referredType"


class LegalHold(NamedTuple):
    """A live hold: the names of its resource and its id, why it was placed, and the targets that it names."""

    resource: str
    id: str
    reason: str
    targets: frozenset[Target]


class HoldSource(NamedTuple):
    """Where holds are kept: the name of their resource, the path in it of the ids of what is held, and the states, in
    lower case, in which they live."""

    resource: str
    path: Path
    live: frozenset[str]


class LegalHolds:
    """The live legal holds of a database.

    A hold stands against the removal of what it names, of what belongs to that, and so on: with a party its roles are
    held, and the interactions of both. A document names its owner by the id alone, so it is held by a hold on that id,
    whatever class of owner the hold says. What was merged is one: a hold on any of its ids holds all of it.
    """

    def __init__(self, database: Database, sources: Sequence[HoldSource], ownership: Ownership) -> None:
        self._database = database
        self._sources = sources
        self._aliases = Aliases(database)
        self.ownership = ownership

    async def holds_on(
        self, targets: Iterable[Target], session: AsyncClientSession | None = None
    ) -> dict[Target, list[LegalHold]]:
        """The live holds on each of the targets (the name of a resource, and an id) that is held.

        What is not there, or not any more, is held if a hold names it.
        """
        found: dict[Target, list[LegalHold]] = {}
        if await self.any_live(session):
            for resource, id in targets:
                with as_tmf_errors():
                    row = await self._rows(resource).find_one({"_id": {"$eq": id}}, {"document": 1}, session=session)
                document = row["document"] if row else {}
                if holds := await self.holds_on_document(resource, id, document, session):
                    found[resource, id] = holds
        return found

    async def holds_on_document(
        self, resource: str, id: str, document: Mapping[str, Any], session: AsyncClientSession | None = None
    ) -> list[LegalHold]:
        """The live holds on a document, which need not be stored (any more). What is removed has this cost."""
        if not await self.any_live(session):
            return []
        owners = await self._with_their_owners(self.ownership.owners(resource, document), session)
        itself = await self._aliases.united_ids({id}, session)
        holds = await self._live({*itself, *owners}, session)
        return [hold for hold in holds if _names(hold.targets, resource, itself, owners)]

    async def any_live(self, session: AsyncClientSession | None = None) -> bool:
        """Whether there is a live hold on anything; reads one entry of an index."""
        with as_tmf_errors():
            for source in self._sources:
                if await self._rows(source.resource).find_one(_in_states(source), {"_id": 1}, session=session):
                    return True
        return False

    async def held_ids(self) -> "HeldIds":
        """What is held at this moment, for whoever goes through many documents."""
        named = {target for hold in await self._live() for target in hold.targets}
        same = [(resource, await self._aliases.united_ids({id})) for resource, id in named]
        targets = frozenset((resource, id) for resource, ids in same for id in ids)
        owners: set[str] = set()
        fresh = {id for _, id in targets}
        while fresh:
            owners |= fresh
            fresh = await self._aliases.united_ids({each async for each in self._owned_by(fresh)}) - owners
        return HeldIds(targets, frozenset(owners), self.ownership)

    async def _with_their_owners(self, owners: set[str], session: AsyncClientSession | None) -> set[str]:
        """The owners, and theirs, and so on."""
        known: set[str] = set()
        while fresh := await self._aliases.united_ids(owners, session) - known:
            known |= fresh
            owners = {id async for id in self._owners_of(fresh, session)}
        return known

    async def _owners_of(self, ids: set[str], session: AsyncClientSession | None) -> AsyncIterator[str]:
        for resource in self.ownership.resources:
            fields = {f"document.{name}": 1 for name in self.ownership.attributes(resource)}
            async for row in self._find(resource, {"_id": {"$in": sorted(ids)}}, fields, session):
                for id in self.ownership.owners(resource, row.get("document", {})):
                    yield id

    async def _owned_by(self, ids: set[str]) -> AsyncIterator[str]:
        for resource in self.ownership.resources:
            for path in self.ownership.owner_paths(resource):
                async for row in self._find(resource, {_field(path): {"$in": sorted(ids)}}, {"_id": 1}, None):
                    yield row["_id"]

    async def _live(
        self, ids: Collection[str] | None = None, session: AsyncClientSession | None = None
    ) -> list[LegalHold]:
        """The live holds, or only those that name one of the `ids`."""
        holds = []
        for source in self._sources:
            criteria = _in_states(source)
            if ids is not None:
                criteria[_field(source.path)] = {"$in": sorted(ids)}
            async for row in self._find(source.resource, criteria, {"document": 1}, session):
                holds.append(_hold(source, row))
        return holds

    async def _find(
        self, resource: str, criteria: dict[str, Any], fields: dict[str, int], session: AsyncClientSession | None
    ) -> AsyncIterator[StoredRow]:
        with as_tmf_errors():
            async for row in self._rows(resource).find(criteria, fields, session=session):
                yield row

    def _rows(self, resource: str) -> Rows:
        return durable(self._database, lower_camel(resource))


@dataclass(frozen=True)
class HeldIds:
    """What is held: the `targets` that holds name, and the ids of all `owners` whose documents are held."""

    targets: frozenset[Target]
    owners: frozenset[str]
    ownership: Ownership

    def __bool__(self) -> bool:
        return bool(self.targets)

    def includes(self, resource: str, id: str, *states: Any, parties: Collection[str] = ()) -> bool:
        """Whether the document is held, by one of its `states`, each of which may be a part of it.

        Of states that are sealed only the `parties` are known that they concern.
        """
        owners = {owner for state in states for owner in self.ownership.owners(resource, state)}
        owners.update(party for party in parties if party != id)
        return (resource, id) in self.targets or not owners.isdisjoint(self.owners)


def _names(targets: Set[Target], resource: str, ids: Set[str], owners: Set[str]) -> bool:
    return any(held in owners or (held in ids and name == resource) for name, held in targets)


def _in_states(source: HoldSource) -> dict[str, Any]:
    return {STATE: {"$in": sorted(source.live)}}


def _field(path: Path) -> str:
    return ".".join(("document", *path))


def _hold(source: HoldSource, row: StoredRow) -> LegalHold:
    document = row["document"]
    named = document.get(source.path[0], ())
    targets = frozenset((str(each.get(REFERRED_TYPE)), str(each.get(source.path[1]))) for each in named)
    return LegalHold(source.resource, row["_id"], str(document.get("reason", "")), targets)
