# SPDX-License-Identifier: Apache-2.0
"""What an operator does with listeners while a relay delivers: pause, resume, replay, and send one event for a test."""

import asyncio
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from app.domain import dates
from app.errors import Conflict, InvalidQuery, NotFound
from app.events.delivery.retry_policy import RetryPolicy
from app.events.delivery.test_delivery import TEST, TEST_EVENT, DeliveryTrial
from app.events.hub.control import Control
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.retention import Retention
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.hubs.vault import Unsealable, Vault
from app.storage.mongod.durable import Database
from tests.listening import SECRET
from tests.storage.listening import LOOPBACK, RENDERERS, VAULT, Ear, Writer, ear, hub, relay, running
from tests.storage.watching import registration, until

pytestmark = pytest.mark.anyio

NAMES = ["Ann", "Bea", "Cleo"]


def trial(database: Database, vault: Vault | None = VAULT) -> DeliveryTrial:
    return DeliveryTrial(
        hubs=HubAdministration(database),
        log=EventLog(database),
        renderers=RENDERERS,
        vault=vault,
        allowed=LOOPBACK,
        timeout_seconds=5,
    )


def names(listener: Ear) -> list[str]:
    """The names in the events that were heard; all are about one individual, so their order is that of the log."""
    return [body["event"]["individual"]["name"] for body in listener.heard]


async def renamed(database: Database, *called: str) -> None:
    """The individual 1, called one name after the other."""
    for name in called:
        if name == NAMES[0]:
            await Writer(database).create("1", name=name)
        else:
            await Writer(database).patch("1", name=name)


async def let_go(id: str) -> None:
    """Wait until the relay, which runs in this loop, no longer delivers to the listener."""
    await until(lambda: not any(task.get_name() == f"listener {id}" for task in asyncio.all_tasks()))


async def test_a_paused_listener_gets_nothing_until_it_is_resumed_and_then_all_in_order(database: Database) -> None:
    async with ear() as listener, ear() as other:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        await hub(database).register({"callback": other.url})
        async with running(relay(database)):
            await renamed(database, "Ann")
            await until(lambda: names(listener) == ["Ann"])
            await Control(database).pause(id)
            await let_go(id)
            await renamed(database, "Bea", "Cleo")
            await until(lambda: names(other) == NAMES)
            assert names(listener) == ["Ann"]
            shown = await hub(database).get(id)
            assert (shown["state"], shown["lag"]) == ("paused", 2)

            assert await Control(database).resume(id) == 0
            await until(lambda: names(listener) == NAMES)
        assert (await hub(database).get(id))["state"] == "active"


async def test_a_suspended_listener_goes_on_from_where_it_failed(database: Database) -> None:
    async with ear(500) as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        async with running(relay(database, RetryPolicy(retry_hours=0))):
            await renamed(database, "Ann", "Bea")
            await until(lambda: _is(database, id, "suspended"))
            assert "500" in (await Control(database).describe_listener(id))["lastError"]
            with pytest.raises(Conflict, match="suspended"):
                await Control(database).pause(id)

            await Control(database).resume(id)
            await until(lambda: names(listener) == NAMES[:2])
        shown = await Control(database).describe_listener(id)
        assert (shown["state"], shown["attempts"], shown["lag"]) == ("active", 0, 0)
        assert "lastError" not in shown


async def test_a_listener_that_waits_for_its_next_attempt_is_tried_at_once_when_resumed(database: Database) -> None:
    async with ear(500) as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        async with running(relay(database, RetryPolicy(first_pause_seconds=3600, longest_pause_seconds=3600))):
            await renamed(database, "Ann")
            await until(lambda: _is(database, id, "retrying"))
            waiting = await Control(database).describe_listener(id)
            assert dates.instant(waiting["nextAttempt"]) > dates.now() + timedelta(minutes=20)

            await Control(database).resume(id)
            await until(lambda: names(listener) == ["Ann"])


async def test_a_replay_sends_everything_from_an_entry_on_again_in_order(database: Database) -> None:
    async with ear() as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        async with running(relay(database)):
            await renamed(database, *NAMES)
            await until(lambda: names(listener) == NAMES)
            replay = await Control(database).replay(id, 2)
            assert (replay.first, replay.entries, replay.state) == (2, 2, "active")
            await until(lambda: names(listener) == [*NAMES, *NAMES[1:]])
            assert [body["eventId"] for body in listener.heard[3:]] == [body["eventId"] for body in listener.heard[1:3]]


async def test_what_a_replay_is_to_send_again_waits_for_a_paused_listener(database: Database) -> None:
    async with ear() as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        async with running(relay(database)):
            await renamed(database, "Ann")
            await until(lambda: names(listener) == ["Ann"])
            await Control(database).pause(id)
            await let_go(id)
            assert (await Control(database).replay(id, 1)).state == "paused"
            assert (await Control(database).describe_listener(id))["lag"] == 1

            await Control(database).resume(id)
            await until(lambda: names(listener) == ["Ann", "Ann"])


async def test_a_replay_begins_with_the_first_entry_logged_since(database: Database) -> None:
    async with ear() as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        await renamed(database, "Ann")
        await relay(database).drain()
        between = dates.now() + timedelta(hours=1)
        await renamed(database, "Bea")
        await relay(database).drain()
        await database["event"].update_one({"_id": 2}, {"$set": {"loggedAt": between + timedelta(hours=1)}})
        await database["hub"].update_one({"_id": id}, {"$set": {"position": 2}})

        assert (await Control(database).replay(id, between)).first == 2
        assert (await registration(database, id))["position"] == 1
        assert (await Control(database).replay(id, dates.instant("2001-01-01T00:00:00Z"))).first == 1
        with pytest.raises(InvalidQuery, match="nothing to send logged since"):
            await Control(database).replay(id, between + timedelta(hours=2))


async def test_a_replay_never_goes_forward_nor_where_nothing_is(database: Database) -> None:
    id = (await hub(database).register({"callback": "http://127.0.0.1:9/"}))["id"]
    await renamed(database, *NAMES)
    await relay(database).drain()
    control = Control(database)
    with pytest.raises(Conflict, match="Entry 2 lies ahead of the listener, which comes to 1 next"):
        await control.replay(id, 2)
    with pytest.raises(InvalidQuery, match="nothing to send from number 9 on; its last entry is 3"):
        await control.replay(id, 9)
    with pytest.raises(NotFound, match="at any hub"):
        await control.replay("unknown", 1)
    untouched = await registration(database, id)
    assert (untouched["position"], untouched["generation"]) == (0, 0)


async def test_what_retention_dropped_cannot_be_replayed_and_is_counted_when_resumed(database: Database) -> None:
    async with ear() as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        await renamed(database, "Ann", "Bea")
        await relay(database).drain()
        await database["hub"].update_one({"_id": id}, {"$set": {"state": "suspended"}})
        assert await Retention(database, days=1).drop_old(dates.now() + timedelta(days=2)) == 2
        await renamed(database, "Cleo")
        await relay(database).drain()
        with pytest.raises(InvalidQuery, match="payload of entry 1 was dropped; 3 is the first"):
            await Control(database).replay(id, 1)

        assert await Control(database).resume(id) == 2
        async with running(relay(database)):
            await until(lambda: names(listener) == ["Cleo"])


async def test_listeners_of_all_hubs_are_listed_without_their_secrets(database: Database) -> None:
    callback = "https://user:hush@listener.example:8443/events?a=1"
    bearer = {"type": "bearer", "token": "hush"}
    first = await hub(database).register({"callback": callback, "secret": SECRET, "authentication": bearer})
    await hub(database, "customer", "v5").register({"callback": callback, "query": "priority=3"})
    listed = await Control(database).list_listeners()
    assert [(each["api"], each["version"], each["host"]) for each in listed] == [
        ("party", "v4", "listener.example:8443"),
        ("customer", "v5", "listener.example:8443"),
    ]
    # As a release kept it that left passwords in the URL.
    await database["hub"].update_one({"_id": first["id"]}, {"$set": {"callback": callback}})
    shown = await Control(database).describe_listener(first["id"])
    assert shown["callback"] == "https://***@listener.example:8443/events?a=1"
    assert (await hub(database).get(first["id"]))["callback"] == "https://listener.example:8443/events?a=1"
    assert (shown["signed"], shown["authentication"]) == (True, {"type": "bearer"})
    assert not any(text in repr([listed, shown]) for text in ("hush", SECRET))


async def test_a_trial_sends_the_newest_event_that_is_wanted_and_changes_nothing(database: Database) -> None:
    async with ear(201, 503) as listener:
        bearer = {"type": "bearer", "token": "let-me-in"}
        body = {"callback": listener.url, "query": "event.individual.name=Bea&fields=name"}
        id = (await hub(database).register({**body, "secret": SECRET, "authentication": bearer}))["id"]
        await renamed(database, *NAMES)
        await Writer(database, "Customer").create("9", name="Bea")
        await relay(database).drain()
        await Control(database).pause(id)
        before = await registration(database, id)

        outcome = await trial(database).send(id)
        assert (outcome.type, outcome.answer.status) == ("IndividualAttributeValueChangeEvent", 201)
        assert names(listener) == ["Bea"]
        request = listener.requests[0]
        assert request.headers[TEST] == "true"
        assert request.headers["Authorization"] == "Bearer let-me-in"
        Webhook(SECRET).verify(await request.read(), dict(request.headers))
        assert outcome.headers["webhook-signature"] == request.headers["webhook-signature"]
        assert "let-me-in" not in repr(outcome)
        assert (await trial(database).send(id)).answer.summary == "HTTP status 503"
        assert await registration(database, id) == before


@pytest.mark.parametrize("version", ["v4", "v5"])
async def test_a_trial_makes_an_event_up_where_none_is_wanted(database: Database, version: str) -> None:
    async with ear() as listener:
        id = (await hub(database, version=version).register({"callback": listener.url, "query": "priority=1"}))["id"]
        await renamed(database, *NAMES)
        await relay(database).drain()

        outcome = await trial(database).send(id)
        assert listener.types == [outcome.type] == [TEST_EVENT]
        assert listener.heard[0]["eventId"] == outcome.id == listener.requests[0].headers["webhook-id"]
        assert "webhook-signature" not in outcome.headers


async def test_a_trial_looks_back_over_more_than_one_page(database: Database) -> None:
    async with ear() as listener:
        id = (await hub(database).register({"callback": listener.url}))["id"]
        await renamed(database, "Ann")
        for number in range(250):
            await Writer(database, "Customer").create(str(number))
        while await relay(database).drain():
            continue

        await trial(database).send(id)
        assert names(listener) == ["Ann"]


async def test_a_trial_needs_the_key_of_the_secrets(database: Database) -> None:
    id = (await hub(database).register({"callback": "http://127.0.0.1:9/", "secret": SECRET}))["id"]
    with pytest.raises(Unsealable, match="LIAISON_SECRETS_KEY"):
        await trial(database, vault=None).send(id)


async def _is(database: Database, id: str, state: str) -> bool:
    return bool((await Control(database).describe_listener(id))["state"] == state)
