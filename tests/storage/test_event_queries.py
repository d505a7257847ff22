# SPDX-License-Identifier: Apache-2.0
"""How the database answers lists of events: out of an index, and without reading more than it shows."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.query.query import parse_query
from app.domain.query.sorting import parse_sort
from app.events.topics.entries import Entries
from app.events.topics.event_filter import event_filter
from app.resources.lists.ordering import order_of
from app.spec.schemas import Schemas
from app.storage.documents.filters import every
from app.storage.documents.order import BY_ID
from app.storage.event_log.event_log import INDEXES as OF_THE_LOG
from app.storage.event_log.event_queries import INDEXES
from tests.served import PARTS

ENTRIES = 2000
CUSTOMERS = 200
LIMIT = 20
FEW = 5

EVENTS = Entries(
    url="http://here/event",
    version="v4",
    resources=PARTS["customer", "v4"].resources,
    declared=Schemas(PARTS["event", "v4"].contract.document).tree("Event"),
)
KINDS = ("Create", "AttributeValueChange", "StateChange", "Delete")


@pytest.fixture(scope="module")
def log(mongo: MongoClient[dict[str, Any]]) -> Iterator[Any]:
    """A log that is about customers and, as often, about individuals."""
    database = "liaison_test_event_queries"
    collection = mongo[database]["event"]
    collection.create_indexes([*OF_THE_LOG, *INDEXES])
    collection.insert_many([entry(number) for number in range(1, ENTRIES + 1)])
    yield collection
    mongo.drop_database(database)


def entry(number: int) -> dict[str, Any]:
    api, resource = ("customer", "Customer") if number % 2 else ("party", "Individual")
    at = dates.instant(f"2024-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z")
    return {
        "_id": number,
        "eventId": f"e{number}",
        "eventType": f"{resource}{KINDS[number // 2 % 4]}Event",
        "kind": KINDS[number // 2 % 4],
        "api": api,
        "resource": resource,
        "resourceId": str(number // 2 % CUSTOMERS),
        "at": at,
        "loggedAt": at,
        "document": {"name": f"n{number}"},
    }


ASKED = ["", "event.customer.id=7", "eventType=CustomerDeleteEvent", "id=e7", "eventTime.gt=2024-01-01T00:30:00Z"]


@pytest.mark.parametrize("query", ASKED)
def test_a_page_of_events_comes_out_of_an_index(log: Any, query: str) -> None:
    parsed = parse_query(query)
    criteria = every([each for each in ({"api": "customer"}, event_filter(EVENTS, parsed.where)) if each])
    order = order_of(EVENTS, parse_sort("eventTime" if "eventTime" in query else None))
    ran = explained(log, criteria, order.sort)
    assert ran["executionSuccess"]
    assert ran["totalDocsExamined"] <= LIMIT + FEW
    assert ran["totalKeysExamined"] <= LIMIT + FEW


def explained(log: Any, criteria: dict[str, Any], sort: list[tuple[str, int]]) -> dict[str, Any]:
    command = {"find": log.name, "filter": criteria, "sort": dict(sort), "limit": LIMIT}
    told: dict[str, Any] = log.database.command("explain", command, verbosity="executionStats")["executionStats"]
    return told


def test_without_a_sort_events_come_by_their_number() -> None:
    assert order_of(EVENTS, ()).sort == BY_ID.sort == [("_id", 1)]
