# SPDX-License-Identifier: Apache-2.0
"""Reserved collections: those of the server itself, beside one for each resource."""

from app.storage import used_proofs
from app.storage.archive import archived_rows
from app.storage.contents import content_store
from app.storage.documents import aliases, merge_journal, receipts, relationship_lock, repository, unique_index
from app.storage.event_log import event_log, lease
from app.storage.hubs import custom_topics, registrations
from app.storage.identity import common_keys, match_keys, match_progress, scans, suspicions
from app.storage.interactions import policy_versions
from app.storage.mongod import noted_settings
from app.storage.sealing import party_keys

RESERVED = frozenset(
    {
        receipts.COLLECTION,
        repository.TOMBSTONES,
        unique_index.COLLECTION,
        aliases.COLLECTION,
        aliases.EDITIONS,
        merge_journal.COLLECTION,
        relationship_lock.COLLECTION,
        suspicions.COLLECTION,
        scans.COLLECTION,
        match_keys.COLLECTION,
        match_progress.COLLECTION,
        common_keys.COLLECTION,
        event_log.COLLECTION,
        lease.COLLECTION,
        registrations.COLLECTION,
        custom_topics.COLLECTION,
        noted_settings.COLLECTION,
        used_proofs.COLLECTION,
        archived_rows.COLLECTION,
        party_keys.COLLECTION,
        policy_versions.COLLECTION,
        content_store.COLLECTION,
        content_store.FILES,
        content_store.CHUNKS,
    }
)
"""The names of the reserved collections, which no collection of a resource may have."""
