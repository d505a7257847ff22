# SPDX-License-Identifier: Apache-2.0
"""Lists of events by sealed payloads: as many are opened as the rest of the query leaves, up to a bound."""

from typing import Any

import pytest

from app.domain.query.query import parse_query
from app.domain.query.sorting import parse_sort
from app.errors import InvalidQuery
from app.events.topics import opened_page as pages
from app.events.topics.entries import Entries
from app.events.topics.opened_page import opened_page, reads_payloads
from app.resources.lists.pages import ListPage, ListQuery
from app.spec.schemas import Schemas
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.event_queries import EventQueries
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import SealedPayloads
from tests.served import PARTS
from tests.storage.entries import entry
from tests.storage.listening import VAULT

pytestmark = pytest.mark.anyio

EVENTS = Entries(
    url="http://here/event",
    version="v5",
    resources=PARTS["customer", "v5"].resources,
    declared=Schemas(PARTS["event", "v4"].contract.document).tree("Event"),
)
OWNERS = {"Customer": [("engagedParty", "id")]}


@pytest.fixture
async def payloads(database: Database) -> SealedPayloads:
    """What opens a log of six customers, each of which was created and changed."""
    payloads = SealedPayloads(PartyKeys(database, VAULT), OWNERS)
    await EventLog(database, payloads).append([about(number, kind) for kind in KINDS for number in range(6)])
    return payloads


KINDS = ("Create", "AttributeValueChange")


def about(number: int, kind: str) -> dict[str, Any]:
    document = {"name": f"n{number % 3}", "status": "Approved", "engagedParty": {"id": f"p{number}"}}
    head = {"api": "customer", "resource": "Customer", "kind": kind, "eventType": f"Customer{kind}Event"}
    return entry(number, **head, changed=["name"], before={}, document=document)


async def page(database: Database, payloads: SealedPayloads, query: str, sort: str | None = None) -> ListPage:
    asked = ListQuery(parse_query(query).where, 0, 10, parse_sort(sort))
    assert reads_payloads(EVENTS, asked)
    return await opened_page(EVENTS, {"api": "customer"}, EventQueries(database, 5000, payloads), asked, None)


async def test_what_is_sealed_is_filtered_and_sorted_as_it_is_shown(
    database: Database, payloads: SealedPayloads
) -> None:
    found = await page(database, payloads, "event.customer.name=n1&eventType=CustomerCreateEvent")
    assert [each["event"]["customer"]["id"] for each in found.items] == ["1", "4"]
    assert (found.total and found.total.number, found.more) == (2, False)
    found = await page(database, payloads, "eventType=CustomerCreateEvent", "-event.customer.name")
    assert [each["event"]["customer"]["name"] for each in found.items] == ["n2", "n2", "n1", "n1", "n0", "n0"]


async def test_more_than_the_bound_is_refused_with_what_would_do(
    database: Database, payloads: SealedPayloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_OPENED", 6)
    with pytest.raises(InvalidQuery, match="narrow the query"):
        await page(database, payloads, "event.customer.name=n1")
    assert len((await page(database, payloads, "event.customer.name=n1&eventType=CustomerCreateEvent")).items) == 2


HEADS = ["", "event.customer.id=1", "eventType=CustomerCreateEvent", "event.customer.exists=true"]


@pytest.mark.parametrize("query", HEADS)
def test_what_the_head_of_an_entry_says_opens_nothing(query: str) -> None:
    assert not reads_payloads(EVENTS, ListQuery(parse_query(query).where, 0, 10))
