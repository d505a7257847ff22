# SPDX-License-Identifier: Apache-2.0
"""The register of channels: interactions take any channel, and what is not registered is a bucket of its own."""

import asyncio
from typing import Any

import httpx

from app.domain.channels import UNKNOWN, channels_of, direction_of
from app.settings import Settings
from app.storage.interactions.channels import channel_kinds
from app.storage.mongod.client import connect
from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import interaction
from tests.contract.conftest import Stored
from tests.contract.documents import DOCUMENTS
from tests.paths import CHANNEL, INTERACTION
from tests.unit.examples import full_example, minimal_example

Body = dict[str, Any]
NAME = "channel-v5"


def kinds(settings: Settings) -> dict[str, str]:
    async def read() -> dict[str, str]:
        async with connect(settings) as client:
            return await channel_kinds(client[settings.database])

    return asyncio.run(read())


def channel(id: str, kind: str, **more: Any) -> Body:
    return {"@type": "Channel", "id": id, "name": id, "channelType": kind, **more}


def test_what_the_conformance_kit_posts_is_kept_and_is_in_the_bucket_of_the_unknown(
    client: httpx.Client, settings: Settings, stored: Stored
) -> None:
    created(client, CHANNEL, channel("call-centre", "phone"))
    shown = created(client, INTERACTION, interaction(channel=[{"id": "555"}], direction="inbounds"))
    assert ([each["id"] for each in shown["channel"]], shown["direction"]) == (["555"], "inbounds")
    document = stored("partyInteraction", shown["id"])["document"]
    assert channels_of(document, kinds(settings)) == [("555", UNKNOWN)]
    assert direction_of(document) == "inbound"
    # Once it is registered, also what came before is of its kind.
    created(client, CHANNEL, channel("555", "chat"))
    assert channels_of(document, kinds(settings)) == [("555", "chat")]


def test_a_retired_channel_keeps_its_kind(client: httpx.Client, settings: Settings) -> None:
    shop = created(client, CHANNEL, channel("shop-7", "store"))
    assert (shop["status"], shop["noticeAllowed"]) == ("active", False)
    patched(client, shop, {"status": "retired", "statusReason": "Closed"})
    assert kinds(settings) == {"shop-7": "store"}
    assert client.delete(shop["href"]).status_code == 405


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(client: httpx.Client) -> None:
    told = refused(client.post(CHANNEL, json=channel("x", "pigeon")), 400, "24")
    assert "phone" in told
    assert "letter" in told


def test_channels_are_found_by_kind_and_by_whether_notices_may_go_over_them(client: httpx.Client) -> None:
    created(client, CHANNEL, minimal_example(DOCUMENTS[NAME], "Channel"))
    mailbox = created(client, CHANNEL, full_example(DOCUMENTS[NAME], "Channel"))
    assert found(client, CHANNEL, "noticeAllowed=true") == [mailbox["id"]]
    assert found(client, CHANNEL, "channelType=email,sms") == [mailbox["id"]]
