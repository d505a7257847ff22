# SPDX-License-Identifier: Apache-2.0
"""Stories of merges, of their undoing, and of what comes after them, for runners that are killed."""

from typing import Any

import httpx

from tests.chaos.tale import RETENTION_IS_OVER, Perform, Tale
from tests.contract.answers import created, patched
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    INTERACTIONS,
    REESTABLISH,
    Document,
    answer,
    begin,
    interaction_with,
    read,
    tasks,
)
from tests.contract.test_archive_process import erase_body
from tests.contract.test_merge import MERGE_CUSTOMER, call_of, customer_of, email, merge, passport, person
from tests.contract.test_unmerge import UNMERGE_CUSTOMER, unmerge
from tests.paths import INDIVIDUAL_V5


def _people(client: httpx.Client, count: int = 2) -> list[Document]:
    """Parties, each with an e-mail address, a passport and an interaction of its own."""
    made = []
    for number in range(count):
        media, numbers = [email(f"{number}@example.com")], [passport(f"A{number}")]
        made.append(created(client, INDIVIDUAL_V5, person(contactMedium=media, individualIdentification=numbers)))
        created(client, INTERACTIONS, call_of(made[-1], status="completed"))
    return made


def _pair(client: httpx.Client, **more: Any) -> tuple[Document, Document]:
    """A survivor and a duplicate, which is a customer, with an interaction of both."""
    survivor, duplicate = _people(client)
    customer_of(client, duplicate, **more)
    created(client, INTERACTIONS, interaction_with(survivor["id"], duplicate["id"], status="completed"))
    return survivor, duplicate


def _merged(client: httpx.Client, perform: Perform) -> Document:
    survivor, duplicate = _pair(client)
    return merge(client, duplicate, survivor)


def _tried(client: httpx.Client, perform: Perform) -> Document:
    survivor, duplicate = _pair(client)
    return merge(client, duplicate, survivor, dryRun=True)


def _merged_customers(client: httpx.Client, perform: Perform) -> Document:
    one, other = (customer_of(client, party) for party in _people(client))
    created(client, INTERACTIONS, interaction_with(other["id"], status="completed"))
    return merge(client, other, one, MERGE_CUSTOMER)


def _asked(client: httpx.Client, perform: Perform) -> Document:
    survivor, duplicate = _pair(client)
    customer_of(client, survivor)
    return merge(client, duplicate, survivor)


def _decided(client: httpx.Client, perform: Perform) -> Document:
    """Two live customers, of which somebody has decided that they are merged, too."""
    flow = _asked(client, perform)
    for task in ("examine", "unite"):
        perform()
        assert answer(client, tasks(client, flow)[task], customers="merge").status_code == 200
    return flow


def _performed(client: httpx.Client, perform: Perform, *flows: Document) -> None:
    perform()
    for flow in flows:
        assert read(client, flow)["state"] == "completed", tasks(client, flow)


def _undone(client: httpx.Client, perform: Perform) -> Document:
    """An undoing after later changes: of the survivor, of what refers to it, and by what came and went since."""
    survivor, duplicate = _pair(client)
    calls = [created(client, INTERACTIONS, call_of(duplicate)) for _ in range(2)]
    _performed(client, perform, merge(client, duplicate, survivor))
    media = [*read(client, survivor)["contactMedium"], email("later@example.com")]
    patched(client, survivor, {"@type": "Individual", "contactMedium": media})
    patched(client, calls[0], {"@type": "PartyInteraction", "description": "Noted since"})
    client.delete(calls[1]["href"]).raise_for_status()
    late = created(client, INTERACTIONS, call_of(survivor))
    return unmerge(client, survivor, duplicate, assign=[{"resource": "PartyInteraction", "id": late["id"]}])


def _undone_with_customers(client: httpx.Client, perform: Perform) -> Document:
    flow = _decided(client, perform)
    _performed(client, perform, flow)
    (duplicate, survivor) = (each["id"] for each in read(client, flow)["relatedEntity"])
    return unmerge(client, {"id": survivor, "@type": "Individual"}, {"id": duplicate})


def _undone_customers(client: httpx.Client, perform: Perform) -> Document:
    flow = _merged_customers(client, perform)
    _performed(client, perform, flow)
    (duplicate, survivor) = (each["id"] for each in read(client, flow)["relatedEntity"])
    return unmerge(client, {"id": survivor, "@type": "Customer"}, {"id": duplicate}, UNMERGE_CUSTOMER)


def _undone_by_decision(client: httpx.Client, perform: Perform) -> Document:
    survivor, duplicate = _pair(client)
    patched(client, duplicate, {"@type": "Individual", "title": "Dr"})
    _performed(client, perform, merge(client, duplicate, survivor))
    patched(client, survivor, {"@type": "Individual", "title": "Prof"})
    flow = unmerge(client, survivor, duplicate)
    perform()
    assert answer(client, tasks(client, flow)["divide"], changed="restore").status_code == 200
    return flow


def _chain(client: httpx.Client, perform: Perform) -> list[Document]:
    """Three parties, of which the first, whose customer is archived, was merged into the second."""
    people = _people(client, 3)
    customer = customer_of(client, people[0], status="Terminated")
    perform()
    _performed(client, perform, begin(client, ARCHIVE, customer, atOnce=True))
    _performed(client, perform, merge(client, people[0], people[1]))
    return [customer, *people]


def _chained(client: httpx.Client, perform: Perform) -> Document:
    _, _, duplicate, survivor = _chain(client, perform)
    return merge(client, duplicate, survivor)


def _after_a_chain(client: httpx.Client, perform: Perform) -> list[Document]:
    customer, *people = _chain(client, perform)
    _performed(client, perform, merge(client, people[1], people[2]))
    return [customer, *people]


def _unchained(client: httpx.Client, perform: Perform) -> Document:
    _, _, duplicate, survivor = _after_a_chain(client, perform)
    return unmerge(client, survivor, duplicate)


def _returned(client: httpx.Client, perform: Perform) -> Document:
    customer, *_ = _after_a_chain(client, perform)
    return begin(client, REESTABLISH, customer)


def _erased(client: httpx.Client, perform: Perform) -> Document:
    *_, survivor = _after_a_chain(client, perform)
    return created(client, FLOWS, erase_body(survivor["id"]))


def _erased_after_an_undoing(client: httpx.Client, perform: Perform) -> Document:
    survivor, duplicate = _pair(client, status="Terminated")
    _performed(client, perform, merge(client, duplicate, survivor))
    _performed(client, perform, unmerge(client, survivor, duplicate))
    return created(client, FLOWS, erase_body(duplicate["id"]))


MERGES = [
    Tale("a merge of parties", _merged, is_whole=True),
    Tale("a merge that is only tried", _tried),
    Tale("a merge of parties that asks about their customers", _asked),
    Tale("a merge of parties with their customers", _decided),
    Tale("a merge of customers", _merged_customers),
    Tale("a merge of a survivor", _chained),
    Tale("an undoing after later changes", _undone, is_whole=True),
    Tale("an undoing with their customers", _undone_with_customers),
    Tale("an undoing for customers", _undone_customers),
    Tale("an undoing that a person has decided", _undone_by_decision),
    Tale("an undoing of the last of two merges", _unchained),
    Tale("a return from the archive to a survivor", _returned),
    Tale("an erasure of a survivor", _erased, RETENTION_IS_OVER),
    Tale("an erasure after an undoing", _erased_after_an_undoing, RETENTION_IS_OVER),
]
