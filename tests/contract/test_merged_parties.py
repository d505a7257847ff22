# SPDX-License-Identifier: Apache-2.0
"""Merged parties: who is bound to one acts for its survivor within a second; so do listeners that it registered."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from app.settings import Settings
from tests.contract.merging import MERGEABLE, add_alias
from tests.contract.relaying import relaying
from tests.contract.restricted import OWNED, Restricted
from tests.identity_provider import IdentityProvider, bearer
from tests.listening import listening
from tests.served import VERSIONS
from tests.waiting import eventually

PARTIES = sorted({each.resource for each in MERGEABLE if each.resource != "Customer"})
LOSER = "7000"
SOON = 3
"""Seconds in which a process that looks once a second, on a busy machine, has seen a merge."""


@pytest.fixture
def caller(guarded: str, clean_database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded) as client:
        yield client


@pytest.mark.parametrize("party", PARTIES)
def test_a_token_of_a_merged_party_sees_what_is_the_survivors(
    caller: httpx.Client, provider: IdentityProvider, settings: Settings, clean_database: str, party: str
) -> None:
    everything = [Restricted(name, version, caller, provider) for name, version in OWNED]
    mine = {each.path: each.create("7001") for each in everything if each.name not in PARTIES}
    [survivor] = {each.party_of(mine[each.path]) for each in everything if each.path in mine}
    headers = bearer(provider.token("*:*", party_id=LOSER))

    def sees_it() -> list[bool]:
        hrefs = [f"{path}/{made['id']}" for path, made in mine.items()]
        listed = [made in caller.get(path, headers=headers).json() for path, made in mine.items()]
        return [caller.get(href, headers=headers).status_code == 200 for href in hrefs] + listed

    eventually(lambda: not any(sees_it()), "the server forgets what other tests merged", SOON)
    add_alias(settings, clean_database, party, LOSER, survivor)
    eventually(lambda: all(sees_it()), "the token follows", SOON)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_listener_of_a_merged_party_is_sent_what_is_the_survivors(
    caller: httpx.Client, provider: IdentityProvider, settings: Settings, clean_database: str, version: str
) -> None:
    customers = Restricted("Customer", version, caller, provider)
    with ExitStack() as stack:
        listeners = {party: stack.enter_context(listening()) for party in (LOSER, "7999")}
        for party, listener in listeners.items():
            token = provider.token("*:*", party_id=party)
            hub = f"{customers.path.rpartition('/')[0]}/hub"
            registered = caller.post(hub, json={"callback": listener.url, "@type": "Hub"}, headers=bearer(token))
            assert registered.status_code == 201, registered.text
        add_alias(settings, clean_database, "Individual", LOSER, "7001")
        made = customers.create("7001")
        stack.enter_context(relaying(settings))
        eventually(lambda: listeners[LOSER].received, "the listener is told")
        assert made["id"] in str(listeners[LOSER].received[0]["event"])
        assert not listeners["7999"].received
