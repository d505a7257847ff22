# SPDX-License-Identifier: Apache-2.0
"""Registration of listeners with every hub; how events reach them is tested with the relay."""

import json
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.events import lower_camel
from app.http.headers.idempotency_key import canonical
from app.spec.schemas import Schemas
from app.storage.documents.receipts import Key
from tests.contract.answers import refused
from tests.contract.bodies import CALLBACK
from tests.contract.conftest import Deploy
from tests.contract.documents import DOCUMENTS, EACH_COLLECTION, HUBS, Collection, base_path, violations
from tests.listening import SECRET

TOKEN = "token-that-nobody-may-see"
SECRETS = {
    "secret": SECRET,
    "authentication": {"type": "bearer", "token": TOKEN},
}
EXAMPLES = [
    pytest.param(name, example["value"], id=f"{name} {which}")
    for name, document in DOCUMENTS.items()
    if "/hub" in document["paths"]
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
    assert one.status_code == 200
    assert shown.items() <= one.json().items()
    assert violations(document, "/hub/{id}", "get", 200, one.json()) == []

    gone = client.delete(answer.headers["location"])
    assert (gone.status_code, gone.content) == (204, b"")
    refused(client.get(answer.headers["location"]), 404, "60")
    refused(client.delete(answer.headers["location"]), 404, "60")


OPEN = {
    "name": "CRM",
    "tags": ["a", {"b": [1, True, "ü"]}],
    "validFor": {"endDateTime": "2030-01-01T00:00:00Z"},
    "@schemaLocation": "https://listener.example.com/hub.json",
    "a.b": 0,
    "@other": 5,
}


@pytest.mark.parametrize("hub", HUBS)
def test_what_no_document_declares_is_kept_and_shown_at_every_door(client: httpx.Client, hub: str) -> None:
    body = {"callback": CALLBACK, **OPEN, "nothing": None}
    made = client.post(hub, json=body, headers={"Idempotency-Key": f"open-{hub}"})
    assert made.status_code == 201, made.text
    shown = made.json()
    assert OPEN.items() <= shown.items()
    assert "nothing" not in shown
    assert OPEN.items() <= client.get(f"{hub}/{shown['id']}").json().items()
    again = client.post(hub, json=body, headers={"Idempotency-Key": f"open-{hub}"})
    assert (again.status_code, again.json()) == (201, shown)


@pytest.mark.parametrize("hub", HUBS)
def test_what_the_server_tells_is_not_taken_from_a_client(client: httpx.Client, hub: str) -> None:
    said = {
        "id": "mine",
        "href": "http://x",
        "state": "paused",
        "lag": 7,
        "attempts": 9,
        "lastError": "x",
        "signed": True,
    }
    made = client.post(hub, json={"callback": CALLBACK, **said})
    assert made.status_code == 201, made.text
    shown = client.get(made.headers["location"]).json()
    assert (shown["state"], shown["lag"], shown["attempts"]) == ("active", 0, 0)
    assert shown["id"] != "mine"
    assert not {"lastError", "signed"} & set(shown)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"$where": 1}, "reserved"),
        ({"a": {"b\0": 1}}, "reserved"),
        ({"Secret": "whsec_x"}, "did you mean 'secret'"),
        ({"Callback": "x"}, "did you mean 'callback'"),
        ({"QUERY": "eventType=X"}, "did you mean 'query'"),
        ({"notes": "x" * 10_001}, "exceed 10000 bytes"),
    ],
)
@pytest.mark.parametrize("hub", HUBS)
def test_open_content_that_cannot_be_kept_is_refused(
    client: httpx.Client, hub: str, content: dict[str, Any], told: str
) -> None:
    assert told in refused(client.post(hub, json={"callback": CALLBACK, **content}), 400, "24")


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
    ({"callback": CALLBACK, "query": "fields=a[0"}, "28", "a[0"),
    ({"callback": CALLBACK, "query": "eventTime.gtr=2026-01-01"}, "28", "'gtr' is no operator"),
    ({"callback": CALLBACK, "query": "eventType=~("}, "28", "regular expression"),
    ({"callback": CALLBACK, "query": "priority=3;evenType=x"}, "28", "eventType"),
    ({"callback": CALLBACK, "query": "filter=$[?(@.evenType=='x')]"}, "28", "eventType"),
    ({"callback": CALLBACK, "query": "filter=$[?("}, "28", "filter"),
    ({"callback": "http://10.1.2.3/events"}, "24", "LIAISON_CALLBACK_NETWORKS"),
    ({"callback": "http://[::1]/events"}, "24", "LIAISON_CALLBACK_NETWORKS"),
    ({"callback": CALLBACK, "secret": "hush"}, "24", "/secret must be 'whsec_'"),
    ({"callback": CALLBACK, "authentication": "hush"}, "24", "/authentication must be an object"),
    ({"callback": CALLBACK, "authentication": {"type": "bearer"}}, "23", "/authentication/token"),
]


@pytest.mark.parametrize(("body", "code", "told"), WRONG)
def test_a_wrong_registration_is_refused_saying_what_is_wrong(
    client: httpx.Client, body: dict[str, Any], code: str, told: str
) -> None:
    for hub in HUBS:
        assert told in refused(client.post(hub, json=body), 400, code)


QUERIES = [
    "eventTime.gte=2026-01-01&priority=3",
    "eventType.ne={created}",
    "eventType=~Create",
    "eventType={created};event.{member}.{field}={state}&priority=3",
    "event.{member}.{field}.exists=true;fields={field}",
    "filter=$[?(@.eventType=='{created}' && @.event.{member}.{field}=='{state}')]",
    "filter=event.{member}.{array}[?(@.{inner}=='x')]",
]


ARRAYS = [("relatedParty", "role"), ("partyPrivacyProfileCharacteristic", "privacyUsagePurpose")]
"""An array that a resource has, and an attribute of its elements."""


@EACH_COLLECTION
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_is_written_as_the_filter_of_a_list(client: httpx.Client, collection: Collection, query: str) -> None:
    member = lower_camel(collection.resource)
    array, inner = next(pair for pair in ARRAYS if collection.declares(".".join(pair)))
    written = query.format(
        member=member,
        created=f"{collection.resource}CreateEvent",
        field=collection.state,
        state=collection.lifecycle["initial"],
        array=array,
        inner=inner,
    )
    answer = client.post(base_path(collection.document) + "/hub", json={"callback": CALLBACK, "query": written})
    assert answer.status_code == 201, answer.text
    assert client.get(answer.headers["Location"]).json()["query"] == written


@pytest.mark.parametrize("hub", HUBS)
def test_a_registration_shows_how_its_deliveries_fare(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str, hub: str
) -> None:
    shown = client.post(hub, json={"callback": CALLBACK}).json()
    fresh = client.get(f"{hub}/{shown['id']}").json()
    assert fresh == {**shown, "state": "active", "lag": 0, "attempts": 0, "registered": fresh["registered"]}

    failed = dates.instant("2026-11-01T12:00:00Z")
    noted = {"attempts": 2, "lastError": "HTTP status 500", "nextAttempt": failed, "lastDelivered": failed}
    rows = mongo[clean_database]["hub"]
    rows.update_one({"_id": shown["id"]}, {"$set": noted})
    failing = client.get(f"{hub}/{shown['id']}").json()
    assert failing == {**fresh, **dates.with_text_dates(noted), "state": "retrying"}

    rows.update_one({"_id": shown["id"]}, {"$set": {"state": "suspended"}})
    del failing["nextAttempt"]
    assert client.get(f"{hub}/{shown['id']}").json() == {**failing, "state": "suspended"}


@pytest.mark.parametrize("name", [name for name, document in DOCUMENTS.items() if "/hub" in document["paths"]])
def test_the_document_declares_what_a_registration_shows(client: httpx.Client, name: str) -> None:
    hub = base_path(name) + "/hub"
    shown = client.post(hub, json={"callback": CALLBACK, **SECRETS}).json()
    full = client.get(f"{hub}/{shown['id']}").json()
    assert violations(DOCUMENTS[name], "/hub", "post", 201, shown) == []
    assert violations(DOCUMENTS[name], "/hub/{id}", "get", 200, full) == []
    declared = Schemas(DOCUMENTS[name]).tree("Hub" if name.endswith("v5") else "EventSubscription")
    assert set(full) <= set(declared.members)


@pytest.mark.parametrize("hub", HUBS)
def test_a_secret_is_never_told_again(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str, hub: str
) -> None:
    key = {"Idempotency-Key": "once"}
    first = client.post(hub, json={"callback": CALLBACK, **SECRETS}, headers=key)
    assert first.status_code == 201, first.text
    told = {"signed": True, "authentication": {"type": "bearer"}}
    assert told.items() <= first.json().items()
    answers = [
        first,
        client.post(hub, json={"callback": CALLBACK, **SECRETS}, headers=key),
        client.post(hub, json={"callback": CALLBACK, **SECRETS, "secret": f"{SECRET}x"}, headers=key),
        client.post(hub, json={"callback": CALLBACK, **SECRETS}),
        client.post(hub, json={"callback": CALLBACK, "secret": f"{SECRET}x"}),
        client.post(hub, json={"callback": CALLBACK, "authentication": {"type": "basic", "token": TOKEN}}),
        client.post(hub, content=json.dumps({"callback": CALLBACK, **SECRETS})[:-1]),
        client.get(first.headers["Location"]),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 422, 409, 400, 400, 400, 200]
    database = mongo[clean_database]
    stored = [row for name in database.list_collection_names() for row in database[name].find()]
    assert len(stored) >= 2
    for text in (SECRET, TOKEN):
        assert not any(text in f"{answer.headers} {answer.text}" for answer in answers)
        assert text not in repr(stored)


@pytest.mark.parametrize("hub", HUBS)
def test_a_password_in_a_callback_is_never_told_again(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str, hub: str
) -> None:
    body = {"callback": CALLBACK.replace("//", f"//crm:{TOKEN}@")}
    key = {"Idempotency-Key": "once"}
    answers = [client.post(hub, json=body, headers=key) for _ in range(2)]
    answers.append(client.post(hub, json={"callback": body["callback"].replace(TOKEN, "guess")}, headers=key))
    answers.append(client.get(answers[0].headers["Location"]))
    assert [answer.status_code for answer in answers] == [201, 201, 422, 200]
    assert {"callback": CALLBACK, "authentication": {"type": "basic"}}.items() <= answers[-1].json().items()
    database = mongo[clean_database]
    stored = [row for name in database.list_collection_names() for row in database[name].find()]
    assert not any(TOKEN in text for text in (repr(stored), *(f"{each.headers} {each.text}" for each in answers)))


@pytest.mark.parametrize("hub", HUBS)
def test_the_digest_of_a_repeatable_registration_lets_nobody_guess_its_secret(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str, hub: str
) -> None:
    body = {"callback": CALLBACK, "authentication": {"type": "bearer", "token": "1234"}}
    assert client.post(hub, json=body, headers={"Idempotency-Key": "once"}).status_code == 201
    receipt = mongo[clean_database]["idempotency"].find_one()
    assert receipt
    assert receipt["fingerprint"] != Key.of("", "", canonical(body)).fingerprint
    assert "1234" not in repr(receipt)


def test_a_server_without_a_key_refuses_secrets_naming_the_setting(deploy: Deploy) -> None:
    keyless = deploy(secrets_key="")
    for hub in HUBS:
        answer = keyless.post(hub, json={"callback": CALLBACK, **SECRETS})
        assert "LIAISON_SECRETS_KEY" in refused(answer, 501, "2")
        assert TOKEN not in answer.text
        assert keyless.post(hub, json={"callback": CALLBACK}).status_code == 201


@pytest.mark.parametrize("hub", HUBS)
def test_another_secret_is_no_other_registration(client: httpx.Client, hub: str) -> None:
    first = client.post(hub, json={"callback": CALLBACK}).json()
    assert first["id"] in refused(client.post(hub, json={"callback": CALLBACK, **SECRETS}), 409, "69")


@EACH_COLLECTION
def test_a_query_names_attributes_of_the_resources_of_its_own_api(client: httpx.Client, collection: Collection) -> None:
    hub = base_path(collection.document) + "/hub"
    member = lower_camel(collection.resource)
    known = client.post(hub, json={"callback": CALLBACK, "query": f"event.{member}.{collection.state}.regex=x"})
    assert known.status_code == 201, known.text
    unknown = {"callback": CALLBACK, "query": f"event.{member}.{collection.state}s=x"}
    assert f"did you mean '{collection.state}'" in refused(client.post(hub, json=unknown), 400, "28")
