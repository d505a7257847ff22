# SPDX-License-Identifier: Apache-2.0
"""What the sample holds: resources of every kind in both versions, and what became of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.scenarios.stored.sample import SECRET

Document = dict[str, Any]
Request = dict[str, Any]
Requests = tuple[list[str], list[Request], list[Request]]
"""What to read, which creates to repeat, and what to patch then."""

COLLECTIONS = {
    "party-v4": ("/tmf-api/party/v4", ("individual", "organization")),
    "party-v5": ("/tmf-api/party/v5", ("individual", "organization")),
    "customer-v4": ("/tmf-api/customerManagement/v4", ("customer",)),
    "customer-v5": ("/tmf-api/customerManagement/v5", ("customer",)),
    "party-interaction-v4": ("/tmf-api/partyInteraction/v4", ("partyInteraction",)),
    "party-interaction-v5": ("/tmf-api/partyInteraction/v5", ("partyInteraction",)),
}
EVENTS = "/tmf-api/event/v4"
V4_INDIVIDUAL, V5_INDIVIDUAL = "/tmf-api/party/v4/individual", "/tmf-api/party/v5/individual"
CUSTOMER = "/tmf-api/customerManagement/v4/customer"
KEYED: Request = {
    "method": "POST",
    "path": CUSTOMER,
    "json": {"name": "Once", "engagedParty": {"id": "7301", "@referredType": "Organization"}},
    "headers": {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"},
}
TWICE = [{"name": "hobby", "value": "chess"}, {"name": "hobby", "value": "rowing"}]
APART = {"name": 7, "description": {"of": "v4 alone"}, "externalIdentifier": "no list", "partyCharacteristic": TWICE}
"""Two characteristics of one name, and attributes that only version 5 declares, as something else."""


class Filling:
    """Fills an empty server through `client`, by the examples of its `documents`."""

    def __init__(self, client: httpx.Client, documents: dict[str, Document]) -> None:
        self._client, self._documents = client, documents
        self._ids: list[tuple[str, str]] = []
        self._instants: list[str] = []

    def run(self, callback: str, logged: Callable[[], None]) -> Requests:
        """Fill it, with a listener at `callback`; returns what to ask it afterwards.

        `logged` has a relay log and deliver all that waits.
        """
        hub = self._post("/tmf-api/party/v4/hub", {"callback": callback, "secret": SECRET})
        topic = self._post(f"{EVENTS}/topic", {"name": "Fraud", "headerQuery": "eventType=FraudSuspectedEvent"})
        listed = self._post(f"{EVENTS}/topic/{topic['id']}/hub", {"callback": callback})
        names = self._created()
        self._ask(**KEYED)
        event = {"eventType": "FraudSuspectedEvent", "event": {"case": {"id": "4711", "score": 87}}}
        self._post(f"{EVENTS}/topic/{topic['id']}/event", event)
        self._settle(logged)
        self._ask("PATCH", f"{V5_INDIVIDUAL}/{names}", json={"familyName": "Lamborgizzia", "name": "Ngozi L."})
        gone = self._post(V4_INDIVIDUAL, {"givenName": "Gone", "familyName": "Soon"})["id"]
        self._ask("DELETE", f"{V4_INDIVIDUAL}/{gone}")
        self._settle(logged)
        # This one waits for the relay of the later release.
        self._ask("PATCH", f"{V4_INDIVIDUAL}/{names}", json={"nationality": "Dutch"})
        self._instants.append(_now())
        hubs = [f"/tmf-api/party/v4/hub/{hub['id']}", f"{EVENTS}/topic/{topic['id']}/hub/{listed['id']}"]
        reads = [*hubs, *self._reads(names, gone), *_reads_of_topics(topic["id"])]
        patches = [{"name": 8}, {"partyCharacteristic": [TWICE[1]]}, {"familyName": "Okafor"}]
        patch = [{"method": "PATCH", "path": f"{V4_INDIVIDUAL}/{names}", "json": body} for body in patches]
        return reads, [KEYED], [*patch, {**patch[0], "path": f"{V5_INDIVIDUAL}/{names}", "json": {"name": "Ngozi"}}]

    def _created(self) -> str:
        """Create one of each resource in each version by the example of the document; the id of one with namesakes."""
        for name, (base, resources) in COLLECTIONS.items():
            for resource in resources:
                content = self._documents[name]["paths"][f"/{resource}"]["post"]["requestBody"]["content"]
                example = content["application/json"]["examples"]["full"]["value"]
                self._ids.append((resource, self._post(f"{base}/{resource}", example)["id"]))
        names: str = self._post(V4_INDIVIDUAL, {"givenName": "Ngozi", "familyName": "Okafor", **APART})["id"]
        self._ids.append(("individual", names))
        return names

    def _reads(self, names: str, gone: str) -> list[str]:
        """Each resource and each list in both versions, and what was at every instant."""
        served = [(base, resource) for base, resources in COLLECTIONS.values() for resource in resources]
        singles = [f"{base}/{resource}/{id}" for base, resource in served for of, id in self._ids if of == resource]
        lists = [f"{base}/{resource}?sort=id&fields=id,status,name" for base, resource in served]
        queries = [f"{V4_INDIVIDUAL}?familyName=Lamborgizzia&fields=id", f"{V5_INDIVIDUAL}?name=Ngozi%20L.&fields=id"]
        past = [f"{base}/{names}?at={at}" for base in (V4_INDIVIDUAL, V5_INDIVIDUAL) for at in self._instants]
        former = [f"{V4_INDIVIDUAL}/{gone}", *(f"{V4_INDIVIDUAL}/{gone}?at={at}" for at in self._instants)]
        return [*singles, *lists, *queries, *past, *former]

    def _settle(self, logged: Callable[[], None]) -> None:
        """Have all logged, and remember an instant at which nothing happened."""
        logged()
        time.sleep(0.01)
        self._instants.append(_now())
        time.sleep(0.01)

    def _post(self, path: str, body: Document) -> Document:
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **more: Any) -> Document:
        answer = self._client.request(method, path, **more)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return dict(answer.json()) if answer.content else {}


def _reads_of_topics(topic: str) -> list[str]:
    """The topics and their events."""
    topics = ["party-v4", "customer-v5", topic]
    return [f"{EVENTS}/topic?fields=id,name", f"{EVENTS}/topic/{topic}", *(f"{EVENTS}/topic/{t}/event" for t in topics)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
