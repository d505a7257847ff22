# SPDX-License-Identifier: Apache-2.0
"""Two partners listen by way of TMF688: one to whatever happens, one to a single topic; later all is read again."""

import httpx

from tests.contract.answers import created
from tests.listening import Listener, listening
from tests.paths import CUSTOMER, EVENTS, INDIVIDUAL
from tests.scenarios.operator import Operator, has_announced_processes
from tests.waiting import eventually


def test_the_hub_of_all_topics_hears_every_api_and_that_of_a_topic_its_own(
    operator: Operator, listener: Listener
) -> None:
    operator.serve()
    with httpx.Client(base_url=operator.url) as client, listening() as other:
        eventually(lambda: has_announced_processes(client), "the first start has announced its processes")
        created(client, f"{EVENTS}/hub", {"callback": listener.url})
        created(client, f"{EVENTS}/topic/customer-v5/hub", {"callback": other.url})

        party = created(client, INDIVIDUAL, {"givenName": "Jane", "familyName": "Smith"})
        engaged = {"id": party["id"], "href": party["href"], "@referredType": "Individual"}
        customer = created(client, CUSTOMER, {"name": "Jane Smith", "engagedParty": engaged})
        client.patch(customer["href"], json={"status": "Active"}).raise_for_status()

        of_customer = ["CustomerCreateEvent", "CustomerStateChangeEvent"]
        eventually(lambda: len(listener.received) == 3, "the one hears everything")
        eventually(lambda: len(other.received) == 2, "the other hears of the customer")
        assert sorted(listener.types()) == sorted(["IndividualCreateEvent", *of_customer])
        assert other.types() == of_customer

        in_v4 = {event["eventId"]: event for event in listener.received}
        for told in other.received:
            read = client.get(f"{EVENTS}/topic/customer-v5/event/{told['eventId']}").json()
            assert read["event"] == told["event"]
            older = client.get(f"{EVENTS}/topic/customer-v4/event/{told['eventId']}").json()
            assert older["event"] == in_v4[told["eventId"]]["event"]
            assert older["eventTime"] == told["eventTime"]
