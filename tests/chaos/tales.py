# SPDX-License-Identifier: Apache-2.0
"""Stories of flows for runners that are killed: how each begins, and by which clock it goes on."""

import httpx

from tests.chaos.merge_tales import MERGES
from tests.chaos.tale import GRACE_IS_OVER, RETENTION_IS_OVER, Begin, Perform, Tale
from tests.contract.answers import created
from tests.contract.performing import (
    ARCHIVE,
    ERASE,
    ESTABLISH,
    FLOWS,
    INTERACTIONS,
    REESTABLISH,
    TERMINATE,
    Document,
    answer,
    begin,
    new_customer,
    party_of,
    past_interaction,
    tasks,
)


def _of(process: str, *, status: str = "Active", **told: str) -> Begin:
    def begin_flow(client: httpx.Client, perform: Perform) -> Document:
        return begin(client, process, new_customer(client, status=status), **told)

    return begin_flow


def _decided(client: httpx.Client, perform: Perform) -> Document:
    flow = _of(TERMINATE, reason="fraud")(client, perform)
    perform()
    answered = answer(client, tasks(client, flow)["appropriate"], decision="proceed", decisionReason="Proven")
    assert answered.status_code == 200, answered.text
    return flow


def _revoked(client: httpx.Client, perform: Perform) -> Document:
    flow = _of(TERMINATE, reason="fraud")(client, perform)
    perform()
    cancel = {"taskFlowSpecification": "cancel", "characteristic": [{"name": "reason", "value": "She stays"}]}
    created(client, f"{flow['href']}/taskFlow", cancel)
    return flow


def _established(client: httpx.Client, perform: Perform) -> Document:
    passport = {"@type": "IndividualIdentification", "identificationType": "passport", "identificationId": "X1"}
    party = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "individualIdentification": [passport]}
    told = [{"name": "name", "value": "Ann"}, {"name": "party", "value": party}]
    return created(client, FLOWS, {"processFlowSpecification": ESTABLISH, "characteristic": told})


def _ended(client: httpx.Client) -> Document:
    """A customer that has left, with interactions of its own, and one that concerns another customer, too."""
    customer, other = new_customer(client, status="Terminated"), new_customer(client)
    for with_whom in ((), (), (party_of(other),)):
        created(client, INTERACTIONS, past_interaction(party_of(customer), *with_whom, reason="Call"))
    return customer


def _archived_at_once(client: httpx.Client, perform: Perform) -> Document:
    return begin(client, ARCHIVE, _ended(client), atOnce=True)


def _archived_in_time(client: httpx.Client, perform: Perform) -> Document:
    customer = new_customer(client)
    begin(client, TERMINATE, customer, reason="customerWish")
    perform()
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    return dict(archiving)


def _returned(client: httpx.Client, perform: Perform) -> Document:
    customer = _ended(client)
    begin(client, ARCHIVE, customer, atOnce=True)
    perform()
    return begin(client, REESTABLISH, customer)


def _erased(client: httpx.Client, perform: Perform) -> Document:
    customer = _ended(client)
    perform()
    return _erasing(client, customer)


def _erased_in_archive(client: httpx.Client, perform: Perform) -> Document:
    customer = _ended(client)
    begin(client, ARCHIVE, customer, atOnce=True)
    perform()
    return _erasing(client, customer)


def _erasing(client: httpx.Client, customer: Document) -> Document:
    related = [{"id": party_of(customer), "role": "party", "@referredType": "Individual"}]
    told = [{"name": "reason", "value": "Article 17"}]
    body = {"processFlowSpecification": ERASE, "relatedEntity": related, "characteristic": told}
    return created(client, FLOWS, body)


TALES = [
    Tale("an end", _of(TERMINATE, reason="customerWish"), is_whole=True),
    Tale("an end that waits for a person", _of(TERMINATE, reason="fraud")),
    Tale("an end that a person has decided", _decided),
    Tale("an end that is revoked", _revoked),
    Tale("an end on a date", _of(TERMINATE, reason="customerWish", wishedDate="2027-01-01"), GRACE_IS_OVER),
    Tale("an end of services alone", _of(TERMINATE, reason="endOfServices")),
    Tale("a return from an end", _of(REESTABLISH, status="Terminated")),
    Tale("a return from a suspension", _of(REESTABLISH, status="Suspended")),
    Tale("a return from the archive", _returned, is_whole=True),
    Tale("a beginning", _established),
    Tale("an archiving at once", _archived_at_once, is_whole=True),
    Tale("an archiving after the grace period", _archived_in_time, GRACE_IS_OVER),
    Tale("an erasure", _erased, GRACE_IS_OVER),
    Tale("an erasure in the archive", _erased_in_archive, RETENTION_IS_OVER, is_whole=True),
    *MERGES,
]
