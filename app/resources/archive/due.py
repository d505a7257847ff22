# SPDX-License-Identifier: Apache-2.0
"""What is due by the retention schedule, and what may be done about it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import NamedTuple

from app.domain import dates
from app.domain.retention import RetentionRule, RetentionSchedule
from app.domain.rules import Lifecycle
from app.storage.archive.archived_rows import rows_in_states
from app.storage.documents.legal_holds import LegalHold, LegalHolds
from app.storage.documents.referential_integrity import Target
from app.storage.mongod.durable import Database


class Due(NamedTuple):
    """A document for which the action of a rule is due since an instant; the `holds` that stand against it."""

    rule: RetentionRule
    target: Target
    since: datetime
    holds: list[LegalHold]


async def due_by(
    schedule: RetentionSchedule,
    database: Database,
    lifecycles: Mapping[str, Lifecycle],
    holds: LegalHolds,
    now: datetime | None = None,
) -> AsyncIterator[Due]:
    """What is due at `now`, category by category, in the order of ids.

    The trigger befell a document when it came into its state, where it says so, else with its last change.
    """
    at = now or dates.now()
    for rule in schedule.rules.values():
        lifecycle = lifecycles[rule.resource]
        spellings = {text.lower() for state in rule.states for text in _spellings(lifecycle, state)}
        async for row in rows_in_states(database, rule.resource, spellings, lifecycle.changed):
            since = schedule.due_at(rule.category, row.since)
            if since <= at:
                target = rule.resource, row.id
                yield Due(rule, target, since, (await holds.holds_on([target])).get(target, []))


def _spellings(lifecycle: Lifecycle, state: str) -> frozenset[str]:
    term = lifecycle.state(state)
    return lifecycle.vocabulary.spellings(term) if term else frozenset()
