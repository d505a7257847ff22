# SPDX-License-Identifier: Apache-2.0
"""What belongs to a subject, such as a customer, and so goes into one bundle with it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.ownership import Ownership
from app.domain.rules import RECORD, ROLE, SUBJECT
from app.errors import Conflict, NotFound, shorten
from app.resources.resource import Document, Resource
from app.storage.archive.archived_rows import ArchivedRows, RawRow
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Repository
from app.storage.documents.rows import decode_document

Rows = list[RawRow]


class ArchivedResource(NamedTuple):
    """A resource that goes into bundles, in the version that is stored; `part` says as what (`ARCHIVED`)."""

    resource: Resource
    documents: Repository
    part: str


@dataclass(frozen=True)
class Estate:
    """What belongs to a subject: rows as they are stored, by resource; `parties` are the ids of its owners.

    `shared` are records that concern another live subject, too, and stay live.
    """

    subject: Target
    parties: Sequence[str]
    rows: Mapping[str, Rows]
    shared: Sequence[Target]

    @property
    def targets(self) -> list[Target]:
        """The names of resources and the ids of all rows."""
        return [(resource, row["_id"]) for resource, rows in self.rows.items() for row in rows]


class Collecting:
    """Collects what belongs to subjects."""

    def __init__(self, rows: ArchivedRows, resources: Mapping[str, ArchivedResource], ownership: Ownership) -> None:
        self._rows = rows
        self._resources = resources
        self._ownership = ownership

    async def collect(self, resource: str, id: str) -> Estate:
        """What belongs to the subject with this id: itself; if its party is no other live subject, the ended roles of
        that; and the records of all these, unless they concern another live subject, too. The party itself stays.

        Raises `NotFound`, and `Conflict` while the subject is in no final state.
        """
        row = await self._ended_row(resource, id)
        parties = self._ownership.owners(resource, document_of(row))
        rows: dict[str, Rows] = {resource: [row]}
        owners = {id}
        if not await self._subjects(parties, but=id):
            roles = {name: await self._rows_naming(name, parties) for name in self._of_part(ROLE)}
            rows |= {name: some for name, some in roles.items() if self._are_over(name, some)}
            owners |= {each["_id"] for some in rows.values() for each in some}
            if rows.keys() >= roles.keys():  # Else what names the party alone may be about a role that goes on.
                owners |= parties
        shared: list[Target] = []
        for name in self._of_part(RECORD):
            for record in await self._rows_naming(name, owners):
                others = self._ownership.owners(name, document_of(record)) - owners - parties
                if await self._subjects(others, but=id):
                    shared.append((name, record["_id"]))
                else:
                    rows.setdefault(name, []).append(record)
        return Estate((resource, id), sorted(parties), {name: some for name, some in rows.items() if some}, shared)

    async def _ended_row(self, resource: str, id: str) -> RawRow:
        """The row of a subject in a final state."""
        known = self._resources.get(resource)
        row = await self._rows.row(resource, id) if known and known.part == SUBJECT else None
        if known is None or row is None:
            raise NotFound(f"There is no {resource} with the id '{shorten(id)}' to be archived")
        document, lifecycle = document_of(row), known.resource.lifecycle
        if not lifecycle.is_over(document):
            state = document.get(lifecycle.field)
            raise Conflict(f"{resource} {id} is {state}; only what has ended is archived: terminate it first")
        return row

    def _are_over(self, resource: str, rows: Rows) -> bool:
        lifecycle = self._resources[resource].resource.lifecycle
        return all(lifecycle.is_over(document_of(row)) for row in rows)

    async def _subjects(self, ids: Set[str], but: str) -> bool:
        """Whether one of these ids is that of a live subject, or of a party that is one, other than the one `but`."""
        for name in self._of_part(SUBJECT) if ids else ():
            direct = [row for each in sorted(ids) if (row := await self._rows.row(name, each))]
            others = [row for row in [*direct, *await self._rows_naming(name, ids)] if row["_id"] != but]
            if any(not self._are_over(name, [row]) for row in others):
                return True
        return False

    async def _rows_naming(self, resource: str, owners: Set[str]) -> Rows:
        return await self._rows.rows_naming(resource, self._ownership.owner_paths(resource), owners)

    def _of_part(self, part: str) -> list[str]:
        return [name for name, each in self._resources.items() if each.part == part]


def document_of(row: RawRow) -> Document:
    """The decoded document of a row."""
    return decode_document(row["document"])
