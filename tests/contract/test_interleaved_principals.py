# SPDX-License-Identifier: Apache-2.0
"""Many principals on one process at the same time: no answer is another one's, whatever is remembered or shared."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx

from tests.contract.restricted import Restricted
from tests.identity_provider import IdentityProvider, bearer

REQUESTS = 10_000
PARTIES = 14
HIDDEN = "creditProfile"
Document = dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """A principal, the ids of what it sees, and whether it sees what is sensitive."""

    headers: dict[str, str]
    ids: frozenset[str]
    reveals: bool

    def accepts(self, shown: Document) -> bool:
        return shown["id"] in self.ids and (HIDDEN in shown) is self.reveals


def test_no_principal_gets_the_answer_to_another(guarded: str, provider: IdentityProvider, clean_database: str) -> None:
    with httpx.Client(base_url=guarded) as client:
        customers = Restricted("Customer", "v5", client, provider)
        made = {
            f"party-{number}": [customers.create(f"party-{number}")["id"] for _ in range(3)]
            for number in range(PARTIES)
        }
    everything = frozenset(id for ids in made.values() for id in ids)
    scopes = ("customer:read", "customer:update")
    askers = [
        Asker(bearer(provider.token(*scopes, party_id=party)), frozenset(ids), False) for party, ids in made.items()
    ]
    askers += [Asker(bearer(provider.token(*scopes, sub=f"agent-{number}")), everything, False) for number in range(3)]
    askers += [Asker(bearer(provider.token("*:*", sub=f"root-{number}")), everything, True) for number in range(3)]
    assert len(askers) == 20
    answered = asyncio.run(ask_all(guarded + customers.path, askers, sorted(everything)))
    assert sum(answered.values()) == REQUESTS
    assert set(answered) == {200, 404}
    assert min(answered.values()) > REQUESTS / 10


async def ask_all(url: str, askers: list[Asker], ids: list[str]) -> dict[int, int]:
    """Ask for them all at the same time; how many answers had which status."""
    answered: dict[int, int] = {}
    async with aiohttp.ClientSession() as session:

        async def ask(asker: Asker, seed: int) -> None:
            draw = random.Random(seed)
            for _ in range(REQUESTS // len(askers)):
                status = await ask_once(session, url, asker, draw.choice(ids), draw.randrange(4))
                answered[status] = answered.get(status, 0) + 1

        await asyncio.gather(*(ask(asker, seed) for seed, asker in enumerate(askers)))
    return answered


async def ask_once(session: aiohttp.ClientSession, url: str, asker: Asker, id: str, way: int) -> int:
    """One request, whose answer is right: the status of it."""
    if way == 0:
        async with session.get(f"{url}?limit=100", headers=asker.headers) as answer:
            shown = await answer.json()
            assert answer.headers["x-total-count"] == str(len(asker.ids))
            assert {each["id"] for each in shown} == asker.ids
            assert all(map(asker.accepts, shown))
            return answer.status
    method, parts = ("PATCH", {"json": {"x-count": way}}) if way == 1 else ("GET", {})
    async with session.request(method, f"{url}/{id}", headers=asker.headers, **parts) as answer:  # type: ignore[arg-type]
        shown = await answer.json()
        assert answer.status == (200 if id in asker.ids else 404)
        assert answer.status == 404 or asker.accepts(shown)
        return answer.status
