# SPDX-License-Identifier: Apache-2.0
"""The archive: moves a subject with its roles and records into a bundle, and back, byte by byte.

Each operation may be repeated after a crash at any point, and by several processes at once: what counts is the one
transaction in which rows leave, and pointers to the bundle take their place, or the other way round. An object in the
store that no register names is an orphan; the next attempt that succeeds deletes it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import UNKNOWN, Origin
from app.errors import Conflict, NotFound, Unavailable
from app.resources.archive.collecting import ArchivedResource, Collecting, Estate, document_of
from app.resources.archive.identifiers import IdentifierHashes
from app.resources.delete_guards import describe_holds
from app.resources.resource import Document
from app.storage.archive.archived_rows import ArchivedRows, without_pending
from app.storage.archive.bundle import Bundle, BundleBroken, bundle_digest, read_bundle, write_bundle
from app.storage.archive.store import ArchiveStore, ObjectMissing
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.repository import NONE
from app.storage.documents.rows import StoredDocument
from app.storage.documents.scan import Scan
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.failures import RETRY
from app.storage.mongod.transactions import transact
from app.storage.sealing.party_keys import PartyKeys

EVENTS = "events"
"""The member of a bundle with payloads of the event log."""
ARCHIVED, RESTORED, PURGED = "archived", "restored", "purged"


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
    def is_archived(self) -> bool:
        """Whether its content is in the archive."""
        return self.state == ARCHIVED


@dataclass(frozen=True)
class Archive:
    """The archive of a server. `register` has the resource that tells of bundles; without `keys` none is sealed."""

    database: Database
    store: ArchiveStore
    register: ArchivedResource
    resources: Mapping[str, ArchivedResource]
    collecting: Collecting
    rows: ArchivedRows
    holds: LegalHolds
    identifiers: IdentifierHashes
    keys: PartyKeys | None = None

    async def collect(self, resource: str, id: str) -> Estate:
        """See `Collecting.collect`."""
        return await self.collecting.collect(resource, id)

    async def archive(
        self,
        resource: str,
        id: str,
        category: str,
        *,
        until: datetime | None = None,
        origin: Origin = UNKNOWN,
        reason: str = "",
    ) -> RegisteredBundle:
        """Move a subject with its roles and records into a bundle of the retention `category`, kept `until` then.

        It is found by the strong identifiers of the party. What is archived already stays as it is. Raises `NotFound`,
        `Conflict` while it lives or something of it is under a legal hold, `Unavailable` while changes wait for the
        event log or something changes meanwhile, and `KeyDestroyed`.
        """
        name = bundle_id(resource, id)
        if (known := await self.find(name)) and known.state == ARCHIVED:
            if await self.rows.row(resource, id):
                raise Conflict(f"{resource} {id} has the id of one that is archived; restore or purge that first")
            return known
        estate = await self.collect(resource, id)
        await self._refuse_held(estate)
        content, object_name = await self._write(name, estate, category, until)
        hashes = await self.identifiers.of_parties(estate.parties)
        register = _register(estate, content, category, until, hashes, object_name, reason)
        await self._transact(partial(self._leave, name, estate, register, origin))
        await self._delete_objects(name, but=object_name)
        return RegisteredBundle(name, register)

    async def restore(self, bundle: str, *, origin: Origin = UNKNOWN, reason: str = "") -> RegisteredBundle:
        """Bring back all documents of a bundle as they were: shape, revision, times, so also their entity tags.

        What is restored already stays as it is. Raises `NotFound`, `BundleBroken`, `Conflict` for a purged bundle or an
        id that another document has by now, and what opening raises: `KeyDestroyed`, `SealBroken`.
        """
        registered = await self.require(bundle)
        if registered.state == RESTORED:
            return registered
        whole = await self.verify(bundle)
        members = {name: await whole.rows(name, self._opening(whole)) for name in whole.members}
        document = {**registered.document, "status": RESTORED, "statusReason": reason or "restored"}
        await self._transact(partial(self._return, registered, document, members, origin))
        await self._delete_objects(bundle)
        return RegisteredBundle(bundle, document)

    async def verify(self, bundle: str) -> Bundle:
        """The bundle, read from the store, if it is as it was written: every bit. Raises `NotFound`, `Conflict` when
        it is not in the archive, and `BundleBroken`; what is sealed is opened when there are keys."""
        registered = await self.require(bundle)
        if registered.state != ARCHIVED:
            raise Conflict(f"The bundle {bundle} is {registered.state}: it has no content any more")
        try:
            content = await self.store.get(str(registered.document["objectName"]))
        except (ObjectMissing, ValueError) as missing:
            raise BundleBroken(str(missing)) from None
        if bundle_digest(content) != registered.document["digest"]:
            raise BundleBroken("its digest is not the registered one: it was changed, or replaced")
        whole = read_bundle(content)
        if self.keys or whole.manifest["sealedFor"] is None:
            for name in whole.members:
                await whole.rows(name, self._opening(whole))
        return whole

    async def purge(self, bundle: str, *, origin: Origin = UNKNOWN, reason: str = "", early: bool = False) -> None:
        """Delete the content of a bundle for good; the register goes on telling that it was there.

        Raises `NotFound`, and `Conflict` while it is under a legal hold or, unless it may be `early`, within its
        retention. What is purged already stays so.
        """
        registered = await self.require(bundle)
        if registered.state == RESTORED:
            raise Conflict(f"The bundle {bundle} is restored: there is nothing to purge")
        if registered.state == ARCHIVED:
            until = registered.document.get("retainUntil")
            if not early and (until is None or until > dates.now()):
                term = "for ever" if until is None else f"until {dates.text(until)}"
                raise Conflict(f"The bundle {bundle} must be kept {term} (category {registered.document['category']})")
            document = {**registered.document, "status": PURGED, "statusReason": reason or "retention ended"}
            await self._transact(partial(self._forget, registered, document, origin))
        await self._delete_objects(bundle)

    async def drop_payloads(self, bundle: str) -> int:
        """Drop the payloads of the event log about what is in a bundle, as far as all listeners have received them, and
        return how many are left. The deletions by which it left are logged after it left."""
        return await self.rows.drop_payloads(await self.rows.pointing(bundle))

    async def bundles(self) -> AsyncIterator[RegisteredBundle]:
        """All registered bundles, in the order of their ids."""
        async for stored in Scan(self.database, self.register.resource.name).documents():
            yield RegisteredBundle(stored.id, stored.document)

    async def bundles_of(self, identifier: str) -> list[RegisteredBundle]:
        """The bundles, whatever has become of them, of the party with this strong identifier."""
        wanted = self.identifiers.hash(identifier)
        return [each async for each in self.bundles() if wanted and wanted in each.document.get("identifierHash", ())]

    async def find(self, bundle: str) -> RegisteredBundle | None:
        """The registered bundle with this id; None when there is none."""
        try:
            return await self.require(bundle)
        except NotFound:
            return None

    async def require(self, bundle: str) -> RegisteredBundle:
        """The registered bundle with this id. Raises `NotFound`."""
        stored = await self.register.documents.get(bundle)
        return RegisteredBundle(stored.id, stored.document)

    async def bundle_of(self, resource: str, id: str) -> RegisteredBundle | None:
        """The bundle that an archived id is in; None when it is not archived."""
        pointer = await self.rows.pointer((resource, id))
        return await self.find(pointer["bundle"]) if pointer else None

    async def close(self) -> None:
        """Release the connections of the store."""
        await self.store.close()

    async def _refuse_held(self, estate: Estate, session: Session | None = None) -> None:
        if held := await self.holds.holds_on(estate.targets, session):
            (resource, id), holds = next(iter(held.items()))
            raise Conflict(f"{resource} {id} is held by {describe_holds(holds)}; it stays until that is released")

    async def _write(self, name: str, estate: Estate, category: str, until: datetime | None) -> tuple[bytes, str]:
        """Write the bundle of an estate, read it back, and return it with the name of its object."""
        if any("pending" in row for rows in estate.rows.values() for row in rows):
            raise Unavailable("Changes of it wait for the event log; try again", RETRY)
        payloads = await self.rows.payloads(estate.targets)
        seal = partial(self.keys.seal, estate.parties[0]) if self.keys and estate.parties else None
        manifest = {
            "name": name,
            "subject": dict(zip(("resource", "id"), estate.subject, strict=True)),
            "sealedFor": estate.parties[0] if seal else None,
            "category": category,
            "retainUntil": until and dates.text(until),
            "archiveDate": dates.text(dates.now()),
        }
        members = {
            **{each: [without_pending(row) for row in rows] for each, rows in estate.rows.items()},
            EVENTS: payloads,
        }
        content = await write_bundle(manifest, members, seal)
        object_name = f"{name}.{new_id()}"
        await self.store.put(object_name, content)
        if await self.store.get(object_name) != content:
            raise Unavailable("The archive store does not give back what it was given; nothing was archived")
        read_bundle(content)
        return content, object_name

    async def _leave(self, name: str, estate: Estate, document: Document, origin: Origin, session: Session) -> None:
        await self._refuse_held(estate, session)
        at = dates.now()
        for resource, rows in estate.rows.items():
            known = self.resources[resource]
            for row in rows:
                seen = StoredDocument(row["_id"], row["revision"], document_of(row), row["changed"])
                deletion = known.resource.change(seen.revision + 1, seen.document, None, at, origin)
                assert deletion is not None, "no document differs from one"
                await known.documents.remove_within(seen, deletion, None, session)
        await self.rows.point(estate.targets, name, at, session)
        await self.rows.drop_payloads(estate.targets, session)
        await self._tell(name, document, origin, session)

    async def _return(
        self,
        registered: RegisteredBundle,
        document: Document,
        members: Mapping[str, Sequence[Any]],
        origin: Origin,
        session: Session,
    ) -> None:
        at = dates.now()
        for name, rows in members.items():
            if name == EVENTS:
                await self.rows.return_payloads(rows, session)
                continue
            known = self.resources[name].resource
            changes = [known.change(row["revision"], None, document_of(row), at, origin) for row in rows]
            await self.rows.insert(name, rows, [each for each in changes if each], session)
        await self.rows.forget(registered.id, session)
        await self._tell(registered.id, document, origin, session)

    async def _forget(self, registered: RegisteredBundle, document: Document, origin: Origin, session: Session) -> None:
        for resource, id in await self.rows.pointing(registered.id):
            party = registered.document.get("engagedParty", {}).get("id")
            owners = {"engagedParty": {"id": party}} if party else {}
            if held := await self.holds.holds_on_document(resource, id, owners, session):
                raise Conflict(
                    f"{resource} {id} in it is held by {describe_holds(held)}; it stays until that is released"
                )
        await self.rows.forget(registered.id, session)
        await self._tell(registered.id, document, origin, session)

    async def _transact(self, work: Callable[[Session], Awaitable[None]]) -> None:
        try:
            await transact(self.database, work, BULK_SECONDS)
        except ConcurrentModification:
            raise Unavailable("Something of it changed meanwhile; try again", RETRY) from None

    async def _tell(self, name: str, document: Document, origin: Origin, session: Session) -> None:
        """Write the register of a bundle, with its events.

        Raises `ConcurrentModification` where another process has archived, restored or purged it meanwhile.
        """
        known, documents = self.register.resource, self.register.documents
        at = dates.now()
        document["statusDate"] = at
        before = await documents.find_within(name, session)
        leaving = document["status"] == ARCHIVED
        if before and (before.document["status"] == ARCHIVED) is leaving:
            raise ConcurrentModification
        if before is None:
            change = known.change(1, None, document, at, origin)
            assert change is not None, "a document differs from none"
            await documents.insert_within(name, document, change, NONE, session)
        elif change := known.change(before.revision + 1, before.document, document, at, origin):
            await documents.replace_within(before, document, change, session)

    async def _delete_objects(self, bundle: str, but: str = "") -> None:
        for name in [name async for name in self.store.names(f"{bundle}.") if name != but]:
            await self.store.delete(name)

    def _opening(self, bundle: Bundle) -> Any:
        party = bundle.manifest["sealedFor"]
        return partial(self.keys.open, party) if self.keys and party is not None else None


def _register(
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
