# SPDX-License-Identifier: Apache-2.0
"""What comes back from the archive is led to the survivors of what was merged since, as what was there has been."""

from collections.abc import Mapping, Sequence

from app.domain import dates
from app.domain.origin import Origin
from app.resources.archive.collecting import ArchivedResource, document_of
from app.resources.merged_references import MergedReferences
from app.storage.archive.archived_rows import RawRow
from app.storage.mongod.driver import Session


async def lead_on(
    merged: MergedReferences,
    resources: Mapping[str, ArchivedResource],
    came_back: Mapping[str, Sequence[RawRow]],
    origin: Origin,
    session: Session,
) -> None:
    """Lead the references of rows, by resource, that have come back in the transaction of `session`; each change is in
    the journals of the merges, so that it goes back with them."""
    documents = {(name, row["_id"]): document_of(row) for name, rows in came_back.items() for row in rows}
    merges = await merged.steps_of(documents.values(), session)
    at = dates.now()
    for (name, id), document in documents.items() if merges else ():
        if not merged.follow(name, document, merges).moved:
            continue
        known = resources[name]
        seen = await known.documents.find_within(id, session)
        assert seen is not None, "it has come back in this transaction"
        led = merged.follow(name, seen.document, merges)
        change = known.resource.change(seen.revision + 1, seen.document, led.document, at, origin)
        assert change is not None, "a document differs whose references were led on"
        await known.documents.replace_within(seen, led.document, change, session)
        for merge, moved in led.journal(name, id):
            await merged.journal.add_moved(merge, [moved], session)
