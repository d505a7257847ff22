# SPDX-License-Identifier: Apache-2.0
"""Documents with a change for the tests of repositories."""

from datetime import UTC, datetime
from typing import Any

from app.domain.identifiers import new_id
from app.storage.documents.repository import Repository
from app.storage.documents.rows import new_row

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)
"""When changes are made unless a test says otherwise."""


def change(revision: int, at: datetime = AT, **more: Any) -> dict[str, Any]:
    """A change that causes one event."""
    return {"revision": revision, "at": at, "events": [{"id": new_id(), "kind": "Create", "changed": []}], **more}


async def filled(documents: Repository, count: int, **more: Any) -> list[str]:
    """Keep so many documents, numbered by `n`; answers their ids in that order."""
    ids = [new_id() for _ in range(count)]
    await documents.insert_many([new_row(id, {"n": index, **more}, change(1)) for index, id in enumerate(ids)])
    return ids
