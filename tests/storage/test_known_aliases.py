# SPDX-License-Identifier: Apache-2.0
"""Known aliases: after each refresh a process knows what is stored, however merges and their undoing came before."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession

from app.access.merged_parties import MergedParties
from app.access.principal import Principal
from app.domain import dates
from app.events.entitlement import registrant_of
from app.storage.documents.aliases import Alias, Aliases
from app.storage.documents.known_aliases import KnownAliases
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact

pytestmark = pytest.mark.anyio

IDS = "abcdefgh"
Write = Callable[[AsyncClientSession], Any]


@pytest.fixture
async def aliases(database: Database) -> Aliases:
    aliases = Aliases(database)
    await aliases.prepare()
    return aliases


def write_of(aliases: Aliases, loser: str, survivor: str, drawn: Random) -> Write:
    """A merge, dated by a clock that may be behind; as documents are, the survivor is no alias itself."""
    at = dates.now() - timedelta(seconds=drawn.choice([0, 0, 5, 30]))
    return partial(aliases.add, Alias("Individual", loser, survivor, "a-merge", at))


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_known_is_what_is_stored(database: Database, aliases: Aliases, seed: int) -> None:
    drawn, known = Random(seed), KnownAliases(aliases)
    live = set(IDS)
    for _ in range(25):
        if len(live) > 1 and drawn.random() < 0.6:
            loser, survivor = drawn.sample(sorted(live), 2)
            await transact(database, write_of(aliases, loser, survivor, drawn))
            live.remove(loser)
        elif gone := sorted(set(IDS) - live):
            undone = drawn.choice(gone)
            led = [each.id for each in await aliases.of(("Individual", drawn.choice(sorted(live))))]
            led_back = [id for id in led if id != undone and drawn.random() < 0.5]
            await transact(database, partial(aliases.remove, ("Individual", undone)))
            await transact(database, partial(aliases.lead, "Individual", led_back, undone))
            live.add(undone)
        if drawn.random() < 0.5:
            await known.refresh()
            assert {id: known.survivor(("Individual", id)) for id in IDS} == {
                id: alias and alias.survivor for id in IDS for alias in [await aliases.find(("Individual", id))]
            }


async def test_nothing_is_read_while_nothing_changes(database: Database, aliases: Aliases) -> None:
    known = KnownAliases(aliases)
    await transact(database, write_of(aliases, "a", "b", Random(0)))
    await known.refresh()
    survivors = known.survivors
    await known.refresh()
    assert known.survivors is survivors
    assert known.survivor(("Customer", "a")) is None


async def test_a_principal_follows_and_its_registration_keeps_what_its_token_names(
    database: Database, aliases: Aliases
) -> None:
    known = KnownAliases(aliases)
    merged = MergedParties(known, ["Individual"])
    principal = Principal("issuer", "subject", "client", frozenset(), 0, parties=frozenset({"a", "c"}))
    assert merged.follow(principal) is principal
    await transact(database, write_of(aliases, "a", "b", Random(0)))
    await known.refresh()
    followed = merged.follow(principal)
    assert followed.parties == frozenset("abc")
    assert (registrant_of(followed) or {})["parties"] == ["a", "c"]
    for other in (principal._replace(parties=None), principal._replace(parties=frozenset({"b", "c"}))):
        assert merged.follow(other) is other
