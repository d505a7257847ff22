# SPDX-License-Identifier: Apache-2.0
"""The archive of a server: its store (`LIAISON_ARCHIVE`), what goes into bundles, and who seals them."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from app.apis import Api
from app.composition.api_resources import ApiVersion
from app.errors import StartError
from app.resources.archive.archive import Archive
from app.resources.archive.collecting import ArchivedResource, Collecting
from app.resources.archive.identifiers import IdentifierHashes
from app.resources.archive.register import BundleRegister
from app.resources.merged_references import MergedReferences
from app.settings import Settings
from app.storage.archive.archived_rows import ArchivedRows
from app.storage.archive.collection_store import CollectionStore
from app.storage.archive.directory_store import DirectoryStore
from app.storage.archive.s3_address import S3Address, parse_s3_address
from app.storage.archive.store import ArchiveStore
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.repository import Repository
from app.storage.hubs.vault import vault
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys


def archive_of(
    settings: Settings,
    database: Database,
    apis: Sequence[Api],
    parts: Sequence[ApiVersion],
    documents: Mapping[str, Repository],
    holds: LegalHolds,
    merged: MergedReferences,
) -> Archive | None:
    """The archive; None where no resource registers bundles. Raises `StartError` for a store that there is not."""
    store = archive_store(settings.archive, database)
    rules = {name: each for api in apis for name, each in api.rules.items()}
    stored = {
        name: ArchivedResource(resource, documents[name], rules[name].archived)
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape
    }
    registers = [stored[name] for name, each in rules.items() if each.registers_bundles]
    if not registers:
        return None
    resources = {name: each for name, each in stored.items() if each.part}
    rows = ArchivedRows(database)
    sealing = vault(settings.secrets_key)
    identifiers = {name: each.identifiers for name, each in rules.items() if each.identifiers}
    hashes = IdentifierHashes(identifiers, documents, sealing.fingerprint if sealing else None)
    return Archive(
        database=database,
        store=store,
        register=BundleRegister(database, registers[0], rows, hashes),
        resources=resources,
        collecting=Collecting(rows, resources, holds.ownership),
        rows=rows,
        holds=holds,
        identifiers=hashes,
        merged=merged,
        keys=PartyKeys(database, sealing) if sealing else None,
    )


def archive_store(address: str, database: Database) -> ArchiveStore:
    """The store at an address: `mongodb:`, `file:` and the path of a directory, or `s3:` and a bucket with a prefix.

    Raises `StartError`, also when what a store needs is not installed.
    """
    parts = urlsplit(address)
    if address == "mongodb:":
        return CollectionStore(database)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc and not parts.query:
        return DirectoryStore(Path(parts.path))
    if at := parse_s3_address(address):
        return _s3_store(at)
    shown = f"{parts.scheme}://…@{parts.netloc.rpartition('@')[2]}" if "@" in parts.netloc else address
    raise StartError(
        f"LIAISON_ARCHIVE: '{shown}' should be 'mongodb:', the server's database, 'file:/absolute/directory', "
        "or 's3://bucket/prefix', with credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )


def _s3_store(address: S3Address) -> ArchiveStore:
    """The store in a bucket. Raises `StartError` when its library is not installed."""
    if find_spec("aiobotocore") is None:
        raise StartError(
            "LIAISON_ARCHIVE: an archive in S3 needs aiobotocore, which is not installed: `pip install 'liaison[s3]'`"
        )
    from app.storage.archive.s3_store import S3Store

    return S3Store(address)
