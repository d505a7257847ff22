# SPDX-License-Identifier: Apache-2.0
"""The working lists of representatives, as docs/interactions.md has them, and interactions to find by them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.query.query import parse_query
from app.domain.query.sorting import parse_sort
from app.resources.lists.filtering import filter_of
from app.resources.lists.ordering import order_of
from app.resources.resource import Resource
from app.storage.documents.page_query import PageQuery
from tests.served import NEWEST, PARTS

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMIT = 20
INTERACTION: Resource = NEWEST["PartyInteraction"]
DECLARED = {
    name: said.indexes for part in PARTS.values() for name, said in part.declared.items() if name == INTERACTION.name
}

OPEN = "clock.endDate.exists=false"
LISTS = {
    "mine": f"@type=TrackedInteraction&assignee.id=a7&{OPEN}&sort=dueDate",
    "unassigned": f"@type=TrackedInteraction&assignee.id.exists=false&{OPEN}&sort=dueDate",
    "due soon": "@type=TrackedInteraction&dueDate.gte=2026-06-01T12:00:00Z&dueDate.lt=2026-06-01T14:00:00Z"
    "&sort=dueDate",
    "breached": "@type=TrackedInteraction&dueDate.lt=2026-06-01T12:00:00Z&sort=dueDate",
    "waiting": "@type=TrackedInteraction&waitingFor=party&sort=clock.startDate",
    "not reached": "@type=TrackedInteraction&unreachedDate.lte=2026-06-01T12:00:00Z&sort=unreachedDate",
}
"""The query of each working list, at noon on 1 June 2026."""


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of which half are over, most of the rest are assigned to one of a hundred, and some wait for the party."""
    for number in range(count):
        over, waits = number % 2 == 0, number % 7 == 0
        state = "completed" if over else ("opened", "inProgress")[number % 3 == 0]
        due = NOW + timedelta(minutes=number * 7919 % count - count // 50)
        document = {
            "@type": "TrackedInteraction" if number % 5 else "PartyInteraction",
            "reason": "Complaint",
            "direction": "inbound",
            "status": state,
            "waitingFor": "none" if over else "party" if waits else "enterprise",
            "clock": {"startDate": due - timedelta(days=2), **({"endDate": due} if over else {})},
            **({} if number % 11 == 0 else {"assignee": {"id": f"a{number % 100}"}}),
            **({} if over or waits else {"dueDate": due}),
            **({"unreachedDate": NOW - timedelta(minutes=number)} if number % 13 == 0 else {}),
        }
        yield {
            "_id": f"{number * 7919 % count:08}",
            "revision": 1,
            "changed": NOW,
            "state": state.lower(),
            "document": document,
        }


def list_options(query: str) -> Mapping[str, Any]:
    """What the driver is asked for the first page of a list."""
    parsed = parse_query(query)
    page = PageQuery(0, LIMIT, order_of(INTERACTION, parse_sort(parsed.controls.get("sort"))))
    return page.options(filter_of(INTERACTION, parsed.where))
