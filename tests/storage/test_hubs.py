# SPDX-License-Identifier: Apache-2.0
"""The hub: what may be registered, what is refused, and what a registration looks like."""

from typing import Any

import orjson
import pytest

from app.domain import dates
from app.errors import (
    Conflict,
    InvalidBody,
    InvalidField,
    InvalidQuery,
    MissingField,
    NotFound,
    NotSupported,
    TmfError,
)
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.hubs.registrations import UNGUARDED, Registrations
from app.storage.mongod.durable import Database
from tests.listening import SECRET
from tests.storage.listening import VAULT, Writer, hub, relay

pytestmark = pytest.mark.anyio

CALLBACK = "http://listener.example:8080/events?key=1"
GRANT = {
    "type": "clientCredentials",
    "tokenUrl": "https://login.listener.example/token",
    "clientId": "liaison-at-operator",
    "clientSecret": "hush, not a word",
    "scope": "events.write",
}


async def test_a_registration_is_answered_as_a_subscription(database: Database) -> None:
    party = hub(database)
    made = await party.register({"callback": f" {CALLBACK} ", "query": " "})

    assert made == {"id": made["id"], "callback": CALLBACK, "state": "active"}
    assert made.items() <= (await party.get(made["id"])).items()
    filtered = await party.register({"callback": CALLBACK, "query": "eventType=IndividualCreateEvent"})
    assert filtered["query"] == "eventType=IndividualCreateEvent"


async def test_a_v5_registration_is_answered_as_a_hub(database: Database) -> None:
    party = hub(database, version="v5")
    made = await party.register({"callback": CALLBACK})

    href = f"http://here/party/v5/hub/{made['id']}"
    assert made == {"@type": "Hub", "id": made["id"], "href": href, "callback": CALLBACK, "state": "active"}
    assert made.items() <= (await party.get(made["id"])).items()


async def test_a_v5_registration_keeps_what_was_said_of_its_class(database: Database) -> None:
    said = {"@type": "Hub", "@baseType": "Entity", "@schemaLocation": "https://schemas.example/hub.json"}
    party = hub(database, version="v5")
    body = {**said, "callback": CALLBACK, "query": "@type=IndividualCreateEvent"}
    made = await party.register({**body, "id": "mine", "other": 1})

    href = f"http://here/party/v5/hub/{made['id']}"
    assert made == {**body, "other": 1, "id": made["id"], "href": href, "state": "active"}
    assert made["id"] != "mine"
    assert made.items() <= (await party.get(made["id"])).items()


async def test_the_hubs_of_two_versions_are_separate(database: Database) -> None:
    v4, v5 = hub(database), hub(database, version="v5")
    old, new = await v4.register({"callback": CALLBACK}), await v5.register({"callback": CALLBACK})
    for other, id in ((v5, old["id"]), (v4, new["id"])):
        with pytest.raises(NotFound):
            await other.get(id)
        with pytest.raises(NotFound):
            await other.remove(id)

    assert old.items() <= (await v4.get(old["id"])).items()
    assert new.items() <= (await v5.get(new["id"])).items()


async def test_a_registration_begins_at_the_end_of_the_log(database: Database) -> None:
    await Writer(database).create("1", name="before")
    await relay(database).drain()
    await hub(database).register({"callback": CALLBACK})

    assert [each["position"] for each in await Registrations(database).active()] == [1]


async def test_the_same_registration_twice_is_a_conflict_naming_the_first(database: Database) -> None:
    party = hub(database)
    first = await party.register({"callback": CALLBACK})
    with pytest.raises(Conflict, match=first["id"]):
        await party.register({"callback": CALLBACK, "query": None})
    await Registrations(database).suspend(first["id"], error="HTTP status 500", generation=0)
    with pytest.raises(Conflict, match="suspended: delete it"):
        await party.register({"callback": CALLBACK})

    await hub(database, "customer").register({"callback": CALLBACK})
    await party.remove(first["id"])
    await party.register({"callback": CALLBACK})


async def test_a_hub_knows_only_its_own_registrations(database: Database) -> None:
    made = await hub(database).register({"callback": CALLBACK})
    customers = hub(database, "customer")
    with pytest.raises(NotFound):
        await customers.get(made["id"])
    with pytest.raises(NotFound):
        await customers.remove(made["id"])
    assert made.items() <= (await hub(database).get(made["id"])).items()


async def test_a_removed_registration_is_unknown(database: Database) -> None:
    party = hub(database)
    made = await party.register({"callback": CALLBACK})
    await party.remove(made["id"])
    with pytest.raises(NotFound):
        await party.get(made["id"])
    with pytest.raises(NotFound):
        await party.remove(made["id"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], InvalidBody),
        ({}, MissingField),
        ({"callback": None}, MissingField),
        ({"callback": "  "}, MissingField),
        ({"callback": 5}, InvalidField),
        ({"callback": CALLBACK, "query": ["a"]}, InvalidField),
        ({"callback": "listener.example/events"}, InvalidField),
        ({"callback": "/events"}, InvalidField),
        ({"callback": "ftp://listener.example/events"}, InvalidField),
        ({"callback": "http:///events"}, InvalidField),
        ({"callback": "http://listener.example:99999/"}, InvalidField),
        ({"callback": "http://[::1/"}, InvalidField),
        ({"callback": "http://listener.example/a b"}, InvalidField),
        ({"callback": "http://listener.example/a\r\nX: y"}, InvalidField),
        ({"callback": "http://listener.example/" + "a" * 2000}, InvalidField),
        ({"callback": CALLBACK, "query": "eventType=CustomerCreateEvent"}, InvalidQuery),
        ({"callback": CALLBACK, "query": "evnt.individual.status=x"}, InvalidQuery),
    ],
)
async def test_a_bad_registration_is_refused_and_not_kept(database: Database, body: Any, error: type[TmfError]) -> None:
    for version in ("v4", "v5"):
        with pytest.raises(error) as refused:
            await hub(database, version=version).register(body)
        assert refused.value.status == 400

    assert await database["hub"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ({"@type": "EventSubscription"}, "send 'Hub'"),
        ({"@type": "hub"}, "send 'Hub'"),
        ({"@type": 5}, "/@type must be text"),
        ({"@baseType": {}}, "/@baseType must be text"),
        ({"@schemaLocation": "s" * 2001}, "/@schemaLocation has 2001 characters"),
        ({"query": "fieldPath=status"}, "'fieldPath' is no member"),
    ],
)
async def test_v5_refuses_what_is_no_hub(database: Database, member: dict[str, Any], told: str) -> None:
    body = {"callback": CALLBACK, **member}
    with pytest.raises(TmfError) as refused:
        await hub(database, version="v5").register(body)

    assert (refused.value.status, told in refused.value.message) == (400, True)


async def test_v4_declares_no_class_and_keeps_what_is_said_of_it(database: Database) -> None:
    said = {"@type": "EventSubscription", "@schemaLocation": "s" * 2001, "@baseType": {"not": "text"}}
    made = await hub(database).register({"callback": CALLBACK, **said})
    assert said.items() <= made.items()


async def test_a_position_never_goes_back_within_a_generation(database: Database) -> None:
    hubs = Registrations(database)
    made = await hub(database).register({"callback": CALLBACK})
    await hubs.advance(made["id"], 9, delivered=False, generation=0)
    await hubs.advance(made["id"], 4, delivered=True, generation=0)
    assert [each["position"] for each in await hubs.active()] == [9]

    assert await HubAdministration(database).rewind(made["id"], 3)
    await hubs.advance(made["id"], 9, delivered=True, generation=0)
    assert [(each["position"], each["generation"]) for each in await hubs.active()] == [(3, 1)]


async def test_what_an_older_delivery_notes_of_its_failures_does_not_count(database: Database) -> None:
    hubs = Registrations(database)
    made = await hub(database).register({"callback": CALLBACK})
    await HubAdministration(database).resume(made["id"], 0)
    at = dates.now()
    await hubs.record_failure(made["id"], error="HTTP status 500", at=at, next_attempt=at, generation=0)
    await hubs.suspend(made["id"], error="HTTP status 500", generation=0)

    (row,) = await hubs.active()
    assert (row["attempts"], row["lastError"]) == (0, None)


async def test_a_paused_listener_is_not_suspended_by_the_delivery_that_ends(database: Database) -> None:
    made = await hub(database).register({"callback": CALLBACK})
    assert await HubAdministration(database).pause(made["id"])
    assert not await HubAdministration(database).pause(made["id"])
    await Registrations(database).suspend(made["id"], error="HTTP status 500", generation=0)

    assert (await hub(database).get(made["id"]))["state"] == "paused"
    with pytest.raises(Conflict, match="paused: delete it"):
        await hub(database).register({"callback": CALLBACK})


async def test_a_registration_of_an_earlier_release_gets_what_it_lacks(database: Database) -> None:
    made = await hub(database).register({"callback": CALLBACK})
    absent = dict.fromkeys(("signed", "authentication", "secrets", "generation"), True)
    await database["hub"].update_one({"_id": made["id"]}, {"$unset": absent})
    await Registrations(database).prepare()

    (row,) = await Registrations(database).active()
    assert {name: row[name] for name in absent} == {**UNGUARDED, "generation": 0}
    assert (await hub(database).get(made["id"]))["state"] == "active"


async def test_secrets_are_sealed_in_the_database_and_never_answered(database: Database) -> None:
    party = hub(database)
    made = await party.register({"callback": CALLBACK, "secret": SECRET, "authentication": GRANT})
    told = {"signed": True, "authentication": {"type": "clientCredentials"}}
    assert made == {"id": made["id"], "callback": CALLBACK, "state": "active", **told}
    assert told.items() <= (await party.get(made["id"])).items()

    row = await database["hub"].find_one({"_id": made["id"]})
    assert row
    assert not any(text in repr(row) for text in (SECRET, *GRANT.values()) if text != GRANT["type"])
    assert orjson.loads(VAULT.open(row["secrets"])) == {"secret": SECRET, "authentication": GRANT}


async def test_without_a_key_secrets_are_refused_naming_the_setting(database: Database) -> None:
    keyless = hub(database, vault=None)
    for secrets in ({"secret": SECRET}, {"authentication": GRANT}):
        with pytest.raises(NotSupported, match="LIAISON_SECRETS_KEY") as refused:
            await keyless.register({"callback": CALLBACK, **secrets})
        assert not any(text in refused.value.message for text in (SECRET, *GRANT.values()))
    assert await database["hub"].count_documents({}) == 0
    await keyless.register({"callback": CALLBACK, "secret": None, "authentication": None})


async def test_another_secret_does_not_make_another_registration(database: Database) -> None:
    await hub(database).register({"callback": CALLBACK})
    with pytest.raises(Conflict):
        await hub(database).register({"callback": CALLBACK, "secret": SECRET})


async def test_private_addresses_are_refused_naming_the_setting(database: Database) -> None:
    inside = {**GRANT, "tokenUrl": "http://169.254.169.254/token"}
    for body, member in (
        ({"callback": "http://10.0.0.1/events"}, "/callback"),
        ({"callback": CALLBACK, "authentication": inside}, "/authentication/tokenUrl"),
    ):
        with pytest.raises(InvalidField, match=f"^{member}: .*LIAISON_CALLBACK_NETWORKS"):
            await hub(database).register(body)
    assert await database["hub"].count_documents({}) == 0
