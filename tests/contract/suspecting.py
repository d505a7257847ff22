# SPDX-License-Identifier: Apache-2.0
"""Records pairs that may be the same, as a scan does, and reads the flows in which somebody decides about them."""

import asyncio
from functools import partial

import httpx

from app.domain import dates
from app.settings import Settings
from app.storage.identity.suspicions import SuspectedPair, Suspicions
from app.storage.mongod.client import connect
from app.storage.mongod.transactions import transact
from tests.contract.performing import FLOWS, Document, Settle

RESOLVE = "ResolveDuplicate"
LEVELS = (("givenName", "exact", 7.0), ("familyName", "close", 6.5), ("street", "different", -0.5))
DIGEST = "ab" * 32


def suspect(settings: Settings, one: Document, other: Document, grade: str = "possible") -> None:
    """Record that two parties may be the same."""
    first, second = sorted((one["id"], other["id"]))
    pair = SuspectedPair(one["@type"], first, second, grade, 13.0, LEVELS, ("twins",), "2027-01", DIGEST)
    asyncio.run(_record(settings, pair))


async def _record(settings: Settings, pair: SuspectedPair) -> None:
    async with connect(settings) as client:
        database = client[settings.database]
        await transact(database, partial(Suspicions(database).record, [pair], dates.now()))


def suspected(
    client: httpx.Client, settings: Settings, settle: Settle, *both: Document, grade: str = "possible"
) -> Document:
    """The flow about a pair that is recorded anew, as it waits for somebody."""
    one, other = both
    suspect(settings, one, other, grade)
    settle()
    return flow_about(client, one, other)


def flow_about(client: httpx.Client, *both: Document) -> Document:
    """The latest flow about two parties."""
    found = client.get(FLOWS, params={"processFlowSpecification": RESOLVE, "sort": "-processFlowDate"}).json()
    ids = {each["id"] for each in both}
    return next(flow for flow in found if {each["id"] for each in flow["relatedEntity"]} == ids)
