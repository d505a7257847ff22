"""Registration of listeners with every hub; how events reach them is tested with the relay."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import refused
from tests.contract.documents import COLLECTIONS, DOCUMENTS, HUBS, Collection, base_path, violations

CALLBACK = "https://listener.example.com/events"
EXAMPLES = [
    pytest.param(name, example["value"], id=f"{name} {which}")
    for name, document in DOCUMENTS.items()
    for which, example in document["paths"]["/hub"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ].items()
]


@pytest.mark.parametrize(("name", "body"), EXAMPLES)
def test_an_example_registers_reads_and_unregisters(client: httpx.Client, name: str, body: dict[str, Any]) -> None:
    document, hub = DOCUMENTS[name], base_path(name) + "/hub"
    answer = client.post(hub, json=body)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert violations(document, "/hub", "post", 201, shown) == []
    assert body.items() <= shown.items()
    assert answer.headers["location"] == f"{client.base_url}{hub}/{shown['id']}"

    one = client.get(answer.headers["location"])
    assert (one.status_code, one.json()) == (200, shown)
    assert violations(document, "/hub/{id}", "get", 200, shown) == []

    gone = client.delete(answer.headers["location"])
    assert (gone.status_code, gone.content) == (204, b"")
    refused(client.get(answer.headers["location"]), 404, "60")
    refused(client.delete(answer.headers["location"]), 404, "60")


@pytest.mark.parametrize("hub", HUBS)
def test_the_same_registration_twice_is_a_conflict_naming_the_first(client: httpx.Client, hub: str) -> None:
    first = client.post(hub, json={"callback": CALLBACK}).json()
    assert first["id"] in refused(client.post(hub, json={"callback": CALLBACK}), 409, "69")
    assert client.delete(f"{hub}/{first['id']}").status_code == 204
    assert client.post(hub, json={"callback": CALLBACK}).status_code == 201


@pytest.mark.parametrize("hub", HUBS)
def test_another_query_or_another_callback_is_another_registration(client: httpx.Client, hub: str) -> None:
    bodies = [{"callback": CALLBACK}, {"callback": f"{CALLBACK}/2"}, {"callback": CALLBACK, "query": "fields=status"}]
    assert [client.post(hub, json=body).status_code for body in bodies] == [201, 201, 201]


def test_a_registration_belongs_to_the_hub_that_took_it(client: httpx.Client) -> None:
    first, other = HUBS[:2]
    shown = client.post(first, json={"callback": CALLBACK}).json()
    refused(client.get(f"{other}/{shown['id']}"), 404, "60")
    refused(client.delete(f"{other}/{shown['id']}"), 404, "60")
    assert client.get(f"{first}/{shown['id']}").status_code == 200


WRONG = [
    ({}, "23", "/callback"),
    ({"callback": None}, "23", "/callback"),
    ({"callback": "  "}, "23", "/callback"),
    ({"callback": 7}, "24", "/callback"),
    ({"callback": "listener.example.com"}, "24", "/callback"),
    ({"callback": "ftp://listener.example.com/"}, "24", "/callback"),
    ({"callback": "https://listener.example.com:99999/"}, "24", "/callback"),
    ({"callback": "https://listener.example.com/a b"}, "24", "/callback"),
    ({"callback": "https://listener.example.com/" + "x" * 3000}, "24", "/callback"),
    ({"callback": CALLBACK, "query": 7}, "24", "/query"),
    ({"callback": CALLBACK, "query": "eventType=TreeCreateEvent"}, "28", "TreeCreateEvent"),
    ({"callback": CALLBACK, "query": "evenType=x"}, "28", "eventType"),
    ({"callback": CALLBACK, "query": "limit=3"}, "28", "limit"),
    ({"callback": CALLBACK, "query": "fields=a[0]"}, "28", "a[0]"),
]


@pytest.mark.parametrize(("body", "code", "told"), WRONG)
def test_a_wrong_registration_is_refused_saying_what_is_wrong(
    client: httpx.Client, body: dict[str, Any], code: str, told: str
) -> None:
    for hub in HUBS:
        assert told in refused(client.post(hub, json=body), 400, code)


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
def test_a_query_names_attributes_of_the_resources_of_its_own_api(client: httpx.Client, collection: Collection) -> None:
    hub = base_path(collection.document) + "/hub"
    member = collection.resource[:1].lower() + collection.resource[1:]
    known = client.post(hub, json={"callback": CALLBACK, "query": f"event.{member}.status=x"})
    assert known.status_code == 201, known.text
    unknown = {"callback": CALLBACK, "query": f"event.{member}.statsu=x"}
    assert "did you mean 'status'" in refused(client.post(hub, json=unknown), 400, "28")
