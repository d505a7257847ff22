# SPDX-License-Identifier: Apache-2.0
"""The audit of denials: 401, 403 and 429 are counted, and the first of a client in a second has a line in the log.

The lines have no token, no subject, no address and no query. However many denials there are, few lines are written.
"""

from asyncio import TimerHandle, get_running_loop
from collections import Counter

import structlog
from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.types import Scope

from app.access.principal import Principal
from app.errors import TmfError, shorten
from app.http.messages import PRINCIPAL, plain

STATUSES = frozenset({401, 403, 429})

LINES_SECONDS = 1.0
"""Seconds in which a client's denials of one code are told once."""
MOST_LINES = 10
"""Lines of a process in that time, for all clients and codes."""
COUNT_SECONDS = 60.0
"""Seconds between two lines with the counts of all denials."""
LONGEST_CLIENT = 100
"""Characters of a client's id in a line."""

log = structlog.get_logger()


class Denials:
    """Counts the denials of this process, and writes lines about them while an event loop runs."""

    def __init__(self, lines_seconds: float = LINES_SECONDS, count_seconds: float = COUNT_SECONDS) -> None:
        self._lines_seconds, self._count_seconds = lines_seconds, count_seconds
        self._since = 0.0
        self._written: set[tuple[str, str]] = set()
        self._counts: Counter[tuple[int, str]] = Counter()
        self._due: TimerHandle | None = None

    def note(self, error: TmfError, scope: Scope, principal: Principal | None = None) -> None:
        """Note that a request was answered with `error`, if that is a denial.

        `principal` is that of a verified token; by default the one in the scope, if there is one.
        """
        if error.status not in STATUSES:
            return
        principal = principal or scope.get(PRINCIPAL)
        client = shorten(principal.client, LONGEST_CLIENT) if principal else ""
        loop = get_running_loop()
        self._counts[error.status, error.code] += 1
        self._due = self._due or loop.call_later(self._count_seconds, self.flush)
        if loop.time() - self._since >= self._lines_seconds:
            self._since = loop.time()
            self._written.clear()
        if (error.code, client) not in self._written and len(self._written) < MOST_LINES:
            self._written.add((error.code, client))
            log.warning("denied", status=error.status, code=error.code, client=client, operation=_operation(scope))

    def flush(self) -> None:
        """Write the counts since the last time, if there are any."""
        if self._due:
            self._due.cancel()
        counts, self._counts, self._due = self._counts, Counter(), None
        if counts:
            told = {f"{status} code {code}": number for (status, code), number in sorted(counts.items())}
            log.warning("denials", counts=told)


def _operation(scope: Scope) -> str:
    """The operation by its id; method and path where a request was denied before its operation was found."""
    context = scope.get("extensions", {}).get(ROUTING_CONTEXT) or {}
    return f"{context['api_base_path']} {context['operation_id']}" if context else plain(scope)
