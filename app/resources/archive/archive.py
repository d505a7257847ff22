# SPDX-License-Identifier: Apache-2.0
"""The archive: moves a subject with its roles and records into a bundle, and back, byte by byte.

Each operation may be repeated after a crash at any point, and by several processes at once: what counts is the one
transaction in which rows leave, and pointers to the bundle take their place, or the other way round. An object in the
store that no register names is an orphan; the next attempt that succeeds deletes it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import UNKNOWN, Origin
from app.domain.retention import ARCHIVE as ARCHIVE_ACTION
from app.domain.retention import RetentionSchedule
from app.errors import Conflict, Unavailable
from app.resources.archive.collecting import ArchivedResource, Collecting, Estate, document_of
from app.resources.archive.identifiers import IdentifierHashes
from app.resources.archive.leading_on import lead_on
from app.resources.archive.register import (
    ARCHIVED,
    HASHES,
    PURGED,
    RESTORED,
    BundleRegister,
    RegisteredBundle,
    bundle_document,
    bundle_id,
)
from app.resources.delete_guards import describe_holds
from app.resources.merged_references import MergedReferences
from app.resources.resource import Document
from app.storage.archive.archived_rows import ArchivedRows, without_pending
from app.storage.archive.bundle import Bundle, BundleBroken, bundle_digest, read_bundle, write_bundle
from app.storage.archive.store import ArchiveStore, ObjectMissing
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.rows import StoredDocument
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.failures import RETRY
from app.storage.mongod.transactions import transact
from app.storage.sealing.party_keys import PartyKeys

EVENTS = "events"
"""The member of a bundle with payloads of the event log."""


@dataclass(frozen=True)
class Archive:
    """The archive of a server. `register` tells of bundles; without `keys` none is sealed."""

    database: Database
    store: ArchiveStore
    register: BundleRegister
    resources: Mapping[str, ArchivedResource]
    collecting: Collecting
    rows: ArchivedRows
    holds: LegalHolds
    identifiers: IdentifierHashes
    merged: MergedReferences
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
        if (known := await self.register.find(name)) and known.state == ARCHIVED:
            if await self.rows.row(resource, id):
                raise Conflict(f"{resource} {id} has the id of one that is archived; restore or purge that first")
            await self._delete_objects(name, but=known.object_name)
            return known
        estate = await self.collect(resource, id)
        await self._refuse_held(estate)
        content, object_name = await self._write(name, estate, category, until)
        hashes = await self.identifiers.of_parties(estate.parties)
        register = bundle_document(estate, content, category, until, hashes, object_name, reason)
        await self._transact(partial(self._leave, name, estate, register, origin))
        await self._delete_objects(name, but=object_name)
        return RegisteredBundle(name, register)

    async def restore(self, bundle: str, *, origin: Origin = UNKNOWN, reason: str = "") -> RegisteredBundle:
        """Bring back all documents of a bundle as they were: shape, revision, times, so also their entity tags. What
        they refer to that was merged since, they are led to its survivor, in a revision of its own.

        What is restored already stays as it is. Raises `NotFound`, `BundleBroken`, `Conflict` for a purged bundle, an
        id that another document has by now, or references to what came to lead back to them while they were away, and
        what opening raises: `KeyDestroyed`, `SealBroken`.
        """
        registered = await self.register.require(bundle)
        if registered.state == RESTORED:
            await self.store.delete(registered.object_name)
            return registered
        whole = await self.verify(bundle)
        members = {name: await whole.rows(name, self._opening(whole)) for name in whole.members}
        noted = {"status": RESTORED, "statusReason": reason or "restored"}
        await self._transact(partial(self._return, registered, noted, members, origin))
        # This one alone: the customer may be on its way into the archive again, with another object.
        await self.store.delete(registered.object_name)
        return await self.register.require(bundle)

    async def verify(self, bundle: str) -> Bundle:
        """The bundle, read from the store, if it is as it was written: every bit. Raises `NotFound`, `Conflict` when
        it is not in the archive, and `BundleBroken`; what is sealed is opened when there are keys."""
        registered = await self.register.require(bundle)
        if registered.state != ARCHIVED:
            raise Conflict(f"The bundle {bundle} is {registered.state}: it has no content any more")
        try:
            content = await self.store.get(registered.object_name)
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
        registered = await self.register.require(bundle)
        if registered.state == RESTORED:
            raise Conflict(f"The bundle {bundle} is restored: there is nothing to purge")
        if registered.state == ARCHIVED:
            until = registered.document.get("retainUntil")
            if not early and (until is None or until > dates.now()):
                term = "for ever" if until is None else f"until {dates.text(until)}"
                raise Conflict(f"The bundle {bundle} must be kept {term} (category {registered.document['category']})")
            noted = {"status": PURGED, "statusReason": reason or "retention ended"}
            await self._transact(partial(self._forget, registered, noted, origin))
        await self._delete_objects(bundle)

    async def discard(self, registered: RegisteredBundle, *, origin: Origin = UNKNOWN, reason: str = "") -> None:
        """Delete what the store has of a bundle, in whatever state, before its retention ends, and the hashes by which
        it is found. Raises as `purge`."""
        if registered.state == RESTORED:
            await self.store.delete(registered.object_name)
        else:
            await self.purge(registered.id, origin=origin, reason=reason, early=True)
        if HASHES in registered.document:
            await self._transact(partial(self.register.note, registered.id, {HASHES: None}, origin))

    async def sweep_store(self) -> int:
        """Delete the objects of bundles that were restored or purged while the store could not delete, and return how
        many there were. Raises `Unavailable`."""
        swept = 0
        async for name in self.store.names():
            bundle = await self.register.find(name.rpartition(".")[0])
            if bundle and bundle.state != ARCHIVED and bundle.object_name == name:
                await self.store.delete(name)
                swept += 1
        return swept

    async def drop_payloads(self, bundle: str) -> int:
        """Drop the payloads of the event log about what is in a bundle, as far as all listeners have received them, and
        return how many are left, with the deletions by which it left that are not logged yet."""
        targets = await self.rows.pointing(bundle)
        waiting = await self.rows.count_waiting(targets)
        return waiting + await self.rows.drop_payloads(targets)

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
                deletion = known.resource.deletion(seen, at, origin)
                await known.documents.remove_within(seen, deletion, None, session)
        await self.rows.point(estate.targets, name, at, session)
        await self.rows.drop_payloads(estate.targets, session)
        await self.register.write(name, document, origin, session)

    async def _return(
        self,
        registered: RegisteredBundle,
        noted: Mapping[str, Any],
        members: Mapping[str, Sequence[Any]],
        origin: Origin,
        session: Session,
    ) -> None:
        await self.merged.aliases.fence(session)
        at = dates.now()
        for name, rows in members.items():
            if name == EVENTS:
                await self.rows.return_payloads(rows, session)
                continue
            known = self.resources[name].resource
            await self.resources[name].documents.check_returning(rows, session)
            changes = [known.change(row["revision"], None, document_of(row), at, origin) for row in rows]
            await self.rows.insert(name, rows, [each for each in changes if each], session)
        came_back = {name: rows for name, rows in members.items() if name != EVENTS}
        await lead_on(self.merged, self.resources, came_back, origin, session)
        await self.rows.forget(registered.id, session)
        await self.register.note(registered.id, noted, origin, session)

    async def hold_on(self, registered: RegisteredBundle, session: Session | None = None) -> str | None:
        """The live legal hold on something in a bundle, told; None where there is none."""
        party = registered.document.get("engagedParty", {}).get("id")
        owners = {"engagedParty": {"id": party}} if party else {}
        for resource, id in await self.rows.pointing(registered.id):
            if held := await self.holds.holds_on_document(resource, id, owners, session):
                return f"{resource} {id} in it is held by {describe_holds(held)}; it stays until that is released"
        return None

    async def _forget(
        self, registered: RegisteredBundle, noted: Mapping[str, Any], origin: Origin, session: Session
    ) -> None:
        await self.register.note(registered.id, noted, origin, session)
        if held := await self.hold_on(registered, session):
            raise Conflict(held)
        await self.rows.forget(registered.id, session)

    async def _transact(self, work: Callable[[Session], Awaitable[object]]) -> None:
        try:
            await transact(self.database, work, BULK_SECONDS)
        except ConcurrentModification:
            raise Unavailable("Something of it changed meanwhile; try again", RETRY) from None

    async def _delete_objects(self, bundle: str, but: str = "") -> None:
        for name in [name async for name in self.store.names(f"{bundle}.") if name != but]:
            await self.store.delete(name)

    def _opening(self, bundle: Bundle) -> Any:
        party = bundle.manifest["sealedFor"]
        return partial(self.keys.open, party) if self.keys and party is not None else None


@dataclass(frozen=True)
class ScheduledArchive:
    """An archive with its retention schedule."""

    archive: Archive
    schedule: RetentionSchedule

    async def put(self, resource: str, id: str, *, origin: Origin = UNKNOWN, reason: str = "") -> RegisteredBundle:
        """As `Archive.archive`, in the category of the schedule, and kept as long as that says."""
        category = self.schedule.category_of(resource, ARCHIVE_ACTION) or resource
        until = self.schedule.purged_at(self.archive.register.resource.name, dates.now())
        return await self.archive.archive(resource, id, category, until=until, origin=origin, reason=reason)
