# SPDX-License-Identifier: Apache-2.0
"""The register of the archive: a resource that tells of each bundle, also when its content is gone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from app.domain import dates
from app.domain.origin import Origin
from app.domain.query.predicates import Path
from app.errors import NotFound
from app.resources.archive.collecting import ArchivedResource, Estate
from app.resources.archive.identifiers import IdentifierHashes
from app.resources.resource import Document
from app.storage.archive.archived_rows import ArchivedRows
from app.storage.archive.bundle import bundle_digest, read_bundle
from app.storage.documents.aliases import Aliases
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import NONE
from app.storage.documents.rows import StoredDocument
from app.storage.documents.scan import Scan
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import Database

ARCHIVED, RESTORED, PURGED = "archived", "restored", "purged"


PARTY: Path = ("engagedParty", "id")
"""Where the register names the party of a bundle."""
HASHES = "identifierHash"


def bundle_id(resource: str, id: str) -> str:
    """The id of the bundle of a subject: always the same, whatever characters its own id has."""
    return sha256(f"{resource}/{id}".encode()).hexdigest()[:40]


class RegisteredBundle(NamedTuple):
    """A bundle as it is registered: its id, and the document that clients read."""

    id: str
    document: Document

    @property
    def state(self) -> str:
        return str(self.document["status"])

    @property
    def object_name(self) -> str:
        """The name of its object in the store: no other one has had it, or gets it."""
        return str(self.document["objectName"])

    @property
    def is_archived(self) -> bool:
        """Whether its content is in the archive."""
        return self.state == ARCHIVED


class BundleRegister:
    """The registered bundles; `rows` has the pointers to them of what is archived."""

    def __init__(
        self, database: Database, registered: ArchivedResource, rows: ArchivedRows, identifiers: IdentifierHashes
    ) -> None:
        self._database = database
        self.resource, self._documents = registered.resource, registered.documents
        self._rows, self._identifiers = rows, identifiers
        self._aliases = Aliases(database)

    async def bundles(self) -> AsyncIterator[RegisteredBundle]:
        """All registered bundles, in the order of their ids."""
        async for stored in Scan(self._database, self.resource.name).documents():
            yield RegisteredBundle(stored.id, stored.document)

    async def bundles_of(self, *identifier: str) -> list[RegisteredBundle]:
        """The bundles, whatever has become of them, of the party with this strong identifier: a number, or a number and
        its kind, or these and the authority."""
        wanted = self._identifiers.hash(*identifier)
        return await self._naming((HASHES,), wanted) if wanted else []

    async def bundles_of_party(self, party: str) -> list[RegisteredBundle]:
        """The bundles, whatever has become of them, of the party with this id, and of what was merged into it."""
        ids = await self._aliases.united_ids({party})
        return [bundle for id in sorted(ids) for bundle in await self._naming(PARTY, id)]

    async def _naming(self, path: Path, text: str) -> list[RegisteredBundle]:
        found = await self._documents.naming(path, text)
        return sorted((RegisteredBundle(each.id, each.document) for each in found), key=lambda bundle: bundle.id)

    async def find(self, bundle: str) -> RegisteredBundle | None:
        """The registered bundle with this id; None when there is none."""
        try:
            return await self.require(bundle)
        except NotFound:
            return None

    async def require(self, bundle: str) -> RegisteredBundle:
        """The registered bundle with this id. Raises `NotFound`."""
        stored = await self._documents.get(bundle)
        return RegisteredBundle(stored.id, stored.document)

    async def bundle_of(self, resource: str, id: str) -> RegisteredBundle | None:
        """The bundle that an archived id is in; None when it is not archived."""
        pointer = await self._rows.pointer((resource, id))
        return await self.find(pointer["bundle"]) if pointer else None

    async def write(self, name: str, document: Document, origin: Origin, session: Session) -> None:
        """Write the register of what is archived, with its events.

        Raises `ConcurrentModification` where another process has archived it meanwhile.
        """
        at = dates.now()
        document["statusDate"] = at
        before = await self._documents.find_within(name, session)
        if before is None:
            change = self.resource.change(1, None, document, at, origin)
            assert change is not None, "a document differs from none"
            await self._documents.insert_within(name, document, change, NONE, session)
        elif before.document["status"] == ARCHIVED:
            raise ConcurrentModification
        else:
            await self._replace(before, document, origin, session)

    async def note(self, name: str, members: Mapping[str, Any], origin: Origin, session: Session) -> Document:
        """Write `members` over those of the register of a bundle, with its events; None removes one. Returns the
        document, as it may have been led to the survivor of its party since it was read.

        Raises `ConcurrentModification` where another process has restored or purged it meanwhile.
        """
        before = await self._documents.find_within(name, session)
        assert before is not None, "what was registered stays so"
        if "status" in members:
            if before.document["status"] != ARCHIVED:
                raise ConcurrentModification
            members = {**members, "statusDate": dates.now()}
        document = {key: value for key, value in {**before.document, **members}.items() if value is not None}
        await self._replace(before, document, origin, session)
        return document

    async def _replace(self, before: StoredDocument, document: Document, origin: Origin, session: Session) -> None:
        at = dates.now()
        if change := self.resource.change(before.revision + 1, before.document, document, at, origin):
            await self._documents.replace_within(before, document, change, session)


def bundle_document(
    estate: Estate,
    content: bytes,
    category: str,
    until: datetime | None,
    hashes: Sequence[str],
    object_name: str,
    reason: str,
) -> Document:
    """The document that tells of a bundle."""
    resource, id = estate.subject
    manifest = read_bundle(content).manifest
    counts: dict[str, int] = {each["name"]: each["count"] for each in manifest["members"]}
    register: Document = {
        "@type": "ArchiveBundle",
        "subject": {"@type": "EntityRef", "id": id, "@referredType": resource},
        "content": [{"@type": "BundleContent", "name": name, "quantity": n} for name, n in counts.items()],
        "category": category,
        "archiveDate": dates.now(),
        "sealed": manifest["sealedFor"] is not None,
        "bytes": len(content),
        "digest": bundle_digest(content),
        "objectName": object_name,
        "identifierHash": sorted(hashes),
        "status": ARCHIVED,
        "statusReason": reason or "its relationship ended",
    }
    if until is not None:
        register["retainUntil"] = until
    if estate.parties:
        register["engagedParty"] = {"@type": "PartyRef", "id": estate.parties[0]}
    return register
