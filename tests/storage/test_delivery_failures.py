# SPDX-License-Identifier: Apache-2.0
"""Deliveries that fail: tried again, given up, and no burden to anybody else."""

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
import structlog

from app.domain import dates
from app.events.delivery.deliveries import Delivery
from app.events.delivery.retry_policy import RetryPolicy
from app.events.relay.relay import Relay
from app.storage.mongod.durable import Database
from tests.storage.listening import (
    LOOPBACK,
    QUICK,
    RENDERERS,
    SOURCES,
    Writer,
    ear,
    hub,
    opened,
    relay,
    rendered,
    running,
)
from tests.storage.watching import DEADLINE_SECONDS, is_registered, registration, until

pytestmark = pytest.mark.anyio


async def test_a_dead_and_a_hanging_listener_hold_up_nobody(mongodb_uri: str, clean_database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging, socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [each.getsockname()[1] for each in (hanging, closed)]
        closed.close()
        async with opened(mongodb_uri, clean_database) as database, ear() as listener:
            party = hub(database)
            for port in ports:
                await party.register({"callback": f"http://127.0.0.1:{port}/"})
            await party.register({"callback": listener.url})
            async with running(relay(database)):
                for number in range(20):
                    await Writer(database).create(str(number), name="a")
                await until(lambda: len(listener.heard) == 20)

        assert sorted(listener.ids, key=int) == [str(number) for number in range(20)]


async def test_a_failed_delivery_is_tried_again_before_the_next_event(database: Database) -> None:
    async with ear(500, 302, 404, 503) as listener:
        made = await hub(database).register({"callback": listener.url})
        async with running(relay(database)):
            await Writer(database).create("1", name="a")
            await Writer(database).create("2", name="a")
            await until(lambda: len(listener.heard) == 2)
            await until(lambda: is_registered(database, made["id"], position=2))

        assert listener.sent_ids == ["1"] * 5 + ["2"]
        assert len(listener.requests) == 6
        assert {request.path for request in listener.requests} == {"/events"}
        stored = await registration(database, made["id"])
        assert (stored["attempts"], stored["lastError"], stored["failingSince"]) == (0, None, None)
        assert stored["lastDelivered"] is not None


async def test_a_failure_is_noted_in_the_registration(database: Database) -> None:
    slow = RetryPolicy(timeout_seconds=5, first_pause_seconds=3600)
    async with ear(500) as listener:
        made = await hub(database).register({"callback": listener.url})
        await Writer(database).create("1", name="a")
        before = dates.now()
        async with running(relay(database, slow)):
            await until(lambda: is_registered(database, made["id"], attempts=1))

        stored = await registration(database, made["id"])
        assert stored["lastError"] == "HTTP status 500"
        assert stored["failingSince"] >= before
        assert stored["nextAttempt"] >= before + timedelta(seconds=100)
        assert stored["position"] == 0
        assert stored["state"] == "active"


async def test_a_listener_that_is_gone_is_forgotten(database: Database) -> None:
    async with ear(410) as leaving, ear() as staying:
        party = hub(database)
        made = await party.register({"callback": leaving.url})
        await party.register({"callback": staying.url})
        async with running(relay(database)):
            for number in range(3):
                await Writer(database).create(str(number), name="a")
            await until(lambda: len(staying.heard) == 3)
            await until(lambda: _is_forgotten(database, made["id"]))

        assert len(leaving.requests) == 1


async def test_a_listener_that_fails_for_too_long_is_suspended_and_it_shows(database: Database) -> None:
    impatient = RetryPolicy(timeout_seconds=5, retry_hours=0, first_pause_seconds=0.01)
    async with ear(*[500] * 9) as failing:
        made = await hub(database).register({"callback": failing.url.replace("//", "//user:secret@")})
        with structlog.testing.capture_logs() as said:
            async with running(relay(database, impatient)):
                await Writer(database).create("1", name="a")
                await until(lambda: is_registered(database, made["id"], state="suspended"))

        assert [line["event"] for line in said if line["log_level"] == "error"] == [
            "listener is suspended: deliveries failed for too long"
        ]
        assert "secret" not in str(said)
        assert (await registration(database, made["id"]))["position"] == 0
        assert len(failing.requests) == 1


async def test_an_event_that_cannot_be_shown_holds_up_only_who_wants_it(database: Database) -> None:
    def broken(entry: Any) -> dict[str, Any]:
        raise ValueError("this view is broken")

    async with ear() as lost, ear() as listener:
        await hub(database).register({"callback": lost.url})
        await hub(database, "customer").register({"callback": listener.url})
        renderers = {**RENDERERS, ("party", "v4"): broken, ("customer", "v4"): rendered}
        delivery = Delivery(database, renderers, QUICK, allowed=LOOPBACK)
        with structlog.testing.capture_logs() as said:
            async with running(Relay(database, SOURCES, delivery, refresh_seconds=0.05)):
                await Writer(database).create("1", name="a")
                await Writer(database, "Customer").create("2", name="a")
                await until(lambda: len(listener.heard) == 1)
                await until(lambda: "delivery broke off; it is started again" in [line["event"] for line in said])

        assert lost.heard == []


async def test_a_delivery_that_loses_a_cancellation_ends_all_the_same(database: Database) -> None:
    begun, lost = asyncio.Event(), asyncio.Event()

    class Deaf(Delivery):
        async def _deliver(self, registration: Any) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost.set()
            await asyncio.Event().wait()

    await hub(database).register({"callback": "http://listener.example/"})
    delivery = Deaf(database, RENDERERS, QUICK)
    await delivery.refresh(1)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await begun.wait()
        await delivery.stop()

    assert lost.is_set()


@pytest.mark.parametrize(("attempts", "longest"), [(1, 0.5), (2, 1.0), (5, 8.0), (10, 256.0), (11, 300.0), (5000, 300)])
def test_pauses_double_up_to_five_minutes(attempts: int, longest: float) -> None:
    pauses = [RetryPolicy().pause(attempts).total_seconds() for _ in range(20)]

    assert all(longest / 2 <= pause <= longest for pause in pauses)
    assert len(set(pauses)) > 1


async def _is_forgotten(database: Database, id: str) -> bool:
    return await database["hub"].find_one({"_id": id}) is None
