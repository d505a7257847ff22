# SPDX-License-Identifier: Apache-2.0
"""Wiring of notices: who tells parties and representatives of what was promised."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from app.composition.factory import Liaison
from app.composition.notice_templates import notice_templates
from app.interactions.notices.contacts import Contacts
from app.interactions.notices.transport import Transport, transports
from app.interactions.notices.ways import Ways
from app.storage.event_log.lease import Lease
from app.storage.interactions.notices import NoticeRows
from app.storage.mongod.database_clock import DatabaseClock

if TYPE_CHECKING:
    from app.interactions.notices.delivering import Patience, Renders
    from app.interactions.notices.notifier import Notifier

SPARE_SECONDS = 5.0
"""What the transports may take longer than their own limits."""


def notifier_of(
    liaison: Liaison,
    by: Mapping[str, Transport],
    templates: "Renders",
    *,
    clock: Callable[[], datetime] | None = None,
    patience: "Patience | None" = None,
    lease_seconds: float = 0,
) -> "Notifier | None":
    """What tells and sends, by these transports; None where nothing is promised or nothing can be sent."""
    if liaison.policies is None or not by or not liaison.tracked:
        return None
    # Imported late, as only the relay sends notices.
    from app.interactions.notices.delivering import Delivering, Patience
    from app.interactions.notices.notifier import LEASE, LEASE_SECONDS, NoticeWork, Notifier
    from app.interactions.notices.results import Results
    from app.interactions.notices.telling import Telling

    database, collections = liaison.database, liaison.collections
    of_database = DatabaseClock(database)
    told, patience = clock or of_database, patience or Patience()
    works = []
    for name, tracking in liaison.tracked.items():
        resource, documents = collections[name].stored, collections[name].documents
        rows = NoticeRows(database, name)
        results = Results(database, resource, documents, tracking, rows, told)
        ways = Ways(collections, tuple(by))
        delivering = Delivering(
            documents, tracking, rows, results, Contacts(collections), templates, by, ways, told, patience
        )
        works.append(NoticeWork(rows, Telling(database, resource, documents, tracking, rows), delivering))
    lease = Lease(database, LEASE, seconds=lease_seconds or LEASE_SECONDS)
    return Notifier(works, lease, told, of_database.set if clock is None else _nothing, patience)


def transports_of(liaison: Liaison) -> dict[str, Transport]:
    """The transports of a server that promises something; none otherwise. Raises `StartError`."""
    return transports(liaison.settings) if liaison.policies else {}


def notifier_with(liaison: Liaison, by: Mapping[str, Transport]) -> "Notifier | None":
    """The notifier of a server, with the templates of its deployment. Raises `StartError`."""
    if not by:
        return None
    from app.interactions.notices.delivering import Patience

    seconds = max(liaison.settings.smtp_seconds, liaison.settings.delivery_timeout_seconds)
    patience = Patience(sending=seconds + SPARE_SECONDS, claim=2 * seconds + SPARE_SECONDS)
    return notifier_of(liaison, by, notice_templates(liaison.settings), patience=patience)


async def _nothing() -> None:
    """The clock is set."""
