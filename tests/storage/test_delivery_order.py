# SPDX-License-Identifier: Apache-2.0
"""Several deliveries at once: in order for each resource, and what was acknowledged is not sent again."""

import asyncio

import pytest

from app.events.delivery.deliveries import Delivery
from app.events.delivery.in_flight import LOOKED_AHEAD
from app.events.delivery.retry_policy import RetryPolicy
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.mongod.durable import Database
from tests.storage import talking
from tests.storage.listening import LOOPBACK, QUICK, RENDERERS, Writer, ear, hub, relay, running
from tests.storage.talking import lying
from tests.storage.watching import is_registered, registration, until

pytestmark = pytest.mark.anyio

LATER = RetryPolicy(timeout_seconds=5, first_pause_seconds=3600)


async def test_a_resource_that_takes_long_holds_up_itself_alone(database: Database) -> None:
    async with ear() as listener:
        made = await hub(database).register({"callback": listener.url})
        listener.held["slow"] = asyncio.Event()
        individuals = Writer(database)
        async with running(relay(database)):
            await individuals.create("warm", name="a")
            await until(lambda: listener.ids == ["warm"])
            await individuals.create("slow", name="a")
            await individuals.patch("slow", name="b")
            for number in range(10):
                await individuals.create(str(number), name="a")
            await until(lambda: len(listener.ids) == 11)
            assert "slow" not in listener.ids
            assert listener.sent_ids.count("slow") == 1
            assert (await registration(database, made["id"]))["position"] <= 1
            listener.held.pop("slow").set()
            await until(lambda: len(listener.ids) == 13)
            await until(lambda: is_registered(database, made["id"], position=13))

    slow = [
        body["event"]["individual"]["name"] for body in listener.heard if body["event"]["individual"]["id"] == "slow"
    ]
    assert slow == ["a", "b"]
    assert len({body["eventId"] for body in listener.heard}) == len(listener.requests) == 13


async def test_what_was_acknowledged_is_not_sent_again_when_delivery_goes_on_in_the_process(database: Database) -> None:
    async with ear() as listener:
        await hub(database).register({"callback": listener.url})
        delivery = Delivery(database, RENDERERS, QUICK, allowed=LOOPBACK)
        await _log(database, "warm", "held", *"abcdef")
        listener.held["held"] = asyncio.Event()
        await delivery.refresh(1)
        await until(lambda: len(listener.ids) == 7)
        await delivery.stop()
        listener.held.clear()
        await delivery.refresh(2)
        await until(lambda: "held" in listener.ids)
        await delivery.stop()

    assert sorted(listener.ids) == sorted(["warm", "held", *"abcdef"])


async def test_after_a_crash_only_what_was_looked_at_is_sent_again(database: Database) -> None:
    async with ear() as listener:
        made = await hub(database).register({"callback": listener.url})
        await _log(database, "a", "b", "c", "held", *map(str, range(100)))
        listener.held["held"] = asyncio.Event()
        first = Delivery(database, RENDERERS, QUICK, allowed=LOOPBACK)
        await first.refresh(1)
        await until(lambda: len(listener.ids) == 3 + LOOKED_AHEAD - 1)
        await first.stop()
        assert (await registration(database, made["id"]))["position"] == 3
        listener.held.clear()
        second = Delivery(database, RENDERERS, QUICK, allowed=LOOPBACK)
        await second.refresh(2)
        await until(lambda: len(set(listener.ids)) == 104)
        await second.stop()

    assert len(listener.requests) == 104 + LOOKED_AHEAD


async def test_one_failing_delivery_fails_the_listener_and_the_others_wait(database: Database) -> None:
    async with ear(201, 500) as listener:
        made = await hub(database).register({"callback": listener.url})
        await _log(database, "1", "2", "3", "4")
        delivery = Delivery(database, RENDERERS, LATER, allowed=LOOPBACK)
        await delivery.refresh(1)
        await until(lambda: is_registered(database, made["id"], attempts=1))
        await Writer(database).create("5", name="a")
        await delivery.refresh(1)
        await delivery.stop()

    assert "4" not in listener.sent_ids


async def test_each_attempt_is_counted_and_bears_the_same_id(database: Database) -> None:
    async with ear(500, 500, 201) as listener:
        await hub(database).register({"callback": listener.url})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: len(listener.heard) == 1)

    assert [request.headers["Liaison-Attempt"] for request in listener.requests] == ["1", "2", "3"]
    assert {request.headers["webhook-id"] for request in listener.requests} == {listener.heard[0]["eventId"]}
    assert all("webhook-signature" not in request.headers for request in listener.requests)


async def test_the_attempts_are_counted_on_after_a_crash(database: Database) -> None:
    async with ear(500) as listener:
        made = await hub(database).register({"callback": listener.url})
        async with running(relay(database, LATER)):
            await Writer(database).create("1", name="a")
            await until(lambda: is_registered(database, made["id"], attempts=1))
        await database["hub"].update_one({"_id": made["id"]}, {"$set": {"attempts": 6, "nextAttempt": None}})
        listener.requests.clear()
        async with running(relay(database)):
            await until(lambda: len(listener.heard) == 1)

    assert listener.requests[0].headers["Liaison-Attempt"] == "7"


async def test_retry_after_is_obeyed(database: Database) -> None:
    async with ear((429, {"Retry-After": "600"})) as listener:
        made = await hub(database).register({"callback": listener.url})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await until(lambda: is_registered(database, made["id"], attempts=1))
            row = await registration(database, made["id"])

    assert 590 < (row["nextAttempt"] - row["failingSince"]).total_seconds() <= 600
    assert (len(listener.requests), row["lastError"]) == (1, "HTTP status 429")


@pytest.mark.parametrize(
    "script", [talking.endless_header, talking.slow_headers, talking.silence, talking.garbage, talking.hanging_up]
)
async def test_who_lies_delays_nobody_and_it_shows(database: Database, script: talking.Script) -> None:
    impatient = RetryPolicy(timeout_seconds=0.5, first_pause_seconds=0.01, longest_pause_seconds=0.05)
    async with lying(script) as liar, ear() as listener:
        made = await hub(database).register({"callback": liar.url})
        await hub(database).register({"callback": listener.url})
        async with running(relay(database, impatient)):
            for number in range(20):
                await Writer(database).create(str(number), name="a")
            await until(lambda: len(listener.heard) == 20)
            await until(lambda: _has_failed(database, made["id"]))


async def test_a_listener_that_is_set_back_hears_everything_again(database: Database) -> None:
    async with ear() as listener:
        made = await hub(database).register({"callback": listener.url})
        async with running(relay(database)):
            for id in "123":
                await Writer(database).create(id, name="a")
            await until(lambda: is_registered(database, made["id"], position=3))
            await HubAdministration(database).rewind(made["id"], 0)
            await until(lambda: len(listener.heard) == 6)

    assert sorted(listener.ids) == ["1", "1", "2", "2", "3", "3"]


async def _log(database: Database, *ids: str) -> None:
    """Create individuals, and log that."""
    for id in ids:
        await Writer(database).create(id, name="a")
    drained = relay(database)
    while await drained.drain():
        pass


async def _has_failed(database: Database, id: str) -> bool:
    return bool((await registration(database, id))["attempts"])
