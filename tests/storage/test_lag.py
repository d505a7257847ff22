# SPDX-License-Identifier: Apache-2.0
"""The lag of a listener: 0 when the log holds nothing more for it, also where it wanted none of the last events."""

import pytest

from app.events.delivery.delivery_state import SKIPPED_AT_MOST
from app.events.hub.control import Control
from tests.storage.listening import Writer, ear, hub, opened, relay, running
from tests.storage.watching import has_logged, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("unwanted", [0, 1, 7])
@pytest.mark.parametrize("wanted", [0, 1])
async def test_all_doors_tell_of_no_lag_when_all_is_delivered(
    mongodb_uri: str, clean_database: str, wanted: int, unwanted: int
) -> None:
    assert unwanted < SKIPPED_AT_MOST
    async with ear() as listener, opened(mongodb_uri, clean_database) as database:
        own = hub(database)
        query = "eventType=IndividualCreateEvent&event.individual.name=wanted"
        id = (await own.register({"callback": listener.url, "query": query}))["id"]
        for number in range(wanted):
            await Writer(database).create(f"w{number}", name="wanted")
        for number in range(unwanted):
            await Writer(database).create(f"u{number}", name="other")
            await Writer(database, "Customer").create(f"u{number}", name="wanted")

        async def no_lag() -> bool:
            told = [(await own.get(id))["lag"], (await Control(database).describe_listener(id))["lag"]]
            told += [each["lag"] for each in await Control(database).list_listeners()]
            return told == [0, 0, 0] and len(listener.heard) == wanted

        async with running(relay(database)):
            await until(lambda: has_logged(database, wanted + 2 * unwanted))
            await until(no_lag)
