# SPDX-License-Identifier: Apache-2.0
"""What seals the payloads of the event log, by the owner paths that the documents declare."""

from collections.abc import Sequence

from app.composition.api_resources import ApiVersion
from app.domain.query.predicates import Path
from app.settings import Settings
from app.storage.hubs.vault import vault
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import SealedPayloads


def sealed_payloads(settings: Settings, database: Database, parts: Sequence[ApiVersion] = ()) -> SealedPayloads | None:
    """Seals by the declarations of `parts` if the setting says so, and opens; None where no key is set.

    Raises `StartError` for a wrong key.
    """
    opened = vault(settings.secrets_key)
    if opened is None:
        return None
    return SealedPayloads(PartyKeys(database, opened), owner_paths(parts) if settings.sealing else {})


def owner_paths(parts: Sequence[ApiVersion]) -> dict[str, list[Path]]:
    """The paths in stored documents of each resource that lead to ids of parties (`x-owner`)."""
    return {
        name: [owner.party for owner in part.declared[name].owners]
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape
    }
