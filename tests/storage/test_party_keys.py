# SPDX-License-Identifier: Apache-2.0
"""Keys of parties: what is sealed for a party opens for it alone, and never again once its key is destroyed."""

import asyncio
import random

import pytest
from cryptography.fernet import Fernet

from app.domain import dates
from app.errors import StartError
from app.storage.hubs.vault import Unsealable, Vault
from app.storage.mongod.durable import Database
from app.storage.sealing.envelope import SealBroken
from app.storage.sealing.key_cache import KeyCache, Tombstone
from app.storage.sealing.party_keys import KeyDestroyed, KeyMissing, PartyKeys, require_vault

pytestmark = pytest.mark.anyio

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = b"Ada Lovelace, born 1815"


@pytest.fixture
def keys(database: Database) -> PartyKeys:
    return PartyKeys(database, Vault(OLD))


def another_process(database: Database, secrets: str = OLD, seconds: float = 5.0) -> PartyKeys:
    return PartyKeys(database, Vault(secrets), KeyCache(seconds))


async def test_what_is_sealed_opens_in_every_process_for_its_party_and_place_alone(
    keys: PartyKeys, database: Database
) -> None:
    sealed = await keys.seal("ada", SECRET, b"letter 1")
    await keys.seal("bob", b"something else")

    assert SECRET not in sealed
    assert await keys.seal("ada", SECRET, b"letter 1") != sealed
    other = another_process(database)
    assert await other.open("ada", sealed, b"letter 1") == SECRET
    for party, place in (("bob", b"letter 1"), ("ada", b"letter 2"), ("ada", b"")):
        with pytest.raises(SealBroken):
            await other.open(party, sealed, place)
    with pytest.raises(KeyMissing, match="nobody"):
        await other.open("nobody", sealed)


async def test_every_flipped_bit_of_sealed_content_is_found(keys: PartyKeys) -> None:
    sealed = await keys.seal("ada", SECRET)
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            await keys.open("ada", bytes(flipped))
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            await keys.open("ada", sealed[:length])


async def test_a_destroyed_key_is_never_replaced(keys: PartyKeys, database: Database) -> None:
    sealed = await keys.seal("ada", SECRET)
    of_bob = await keys.seal("bob", SECRET)
    await keys.destroy("ada", "$erasure of {ada}")
    first = await database["partyKey"].find_one({"_id": "ada"})
    await keys.destroy("ada", "again")
    await keys.destroy("never sealed", "erasure")

    assert await database["partyKey"].find_one({"_id": "ada"}) == first
    assert first
    assert first["reason"] == "$erasure of {ada}"
    assert first.keys() == {"_id", "destroyed", "reason"}
    for each in (keys, another_process(database)):
        for party in ("ada", "never sealed"):
            with pytest.raises(KeyDestroyed):
                await each.seal(party, SECRET)
            with pytest.raises(KeyDestroyed):
                await each.open(party, sealed)
        assert await each.open("bob", of_bob) == SECRET


async def test_other_processes_forget_a_destroyed_key(keys: PartyKeys, database: Database) -> None:
    sealed = await keys.seal("ada", SECRET)
    other = another_process(database, seconds=0.2)
    assert await other.open("ada", sealed) == SECRET
    await keys.destroy("ada", "erasure")
    await asyncio.sleep(0.2)
    with pytest.raises(KeyDestroyed):
        await other.open("ada", sealed)


async def test_processes_that_seal_first_at_once_get_the_same_key(database: Database) -> None:
    processes = [another_process(database) for _ in range(8)]
    parties = [f"party {number}" for number in range(20)]
    minted = await asyncio.gather(*(each.sealing_keys(random.sample(parties, 20)) for each in processes))
    assert len({tuple(sorted(each.items(), key=str)) for each in minted}) == 1
    assert all(isinstance(each, bytes) for each in minted[0].values())


async def test_a_destruction_beside_the_first_seals_wins(database: Database) -> None:
    processes = [another_process(database, seconds=0) for _ in range(6)]
    for number in range(10):
        party = f"party {number}"
        tries = [each.sealing_keys([party]) for each in processes]
        await asyncio.gather(processes[0].destroy(party, "erasure"), *tries)
        assert isinstance((await processes[1].sealing_keys([party]))[party], Tombstone)


async def test_a_key_outlives_the_rotation_of_the_key_that_wraps_it(keys: PartyKeys, database: Database) -> None:
    sealed = await keys.seal("ada", SECRET)
    assert await another_process(database, f"{NEW},{OLD}").open("ada", sealed) == SECRET
    with pytest.raises(Unsealable, match="LIAISON_SECRETS_KEY"):
        await another_process(database, NEW).open("ada", sealed)


async def test_a_start_needs_the_key_that_the_keys_of_parties_were_wrapped_with(
    keys: PartyKeys, database: Database
) -> None:
    await require_vault(database, None, sealing=True)
    await keys.seal("ada", SECRET)
    for good in (OLD, f"{NEW},{OLD}"):
        await require_vault(database, Vault(good), sealing=True)
    await require_vault(database, None, sealing=False)
    with pytest.raises(StartError, match="LIAISON_SECRETS_KEY is not set"):
        await require_vault(database, None, sealing=True)
    with pytest.raises(StartError, match="add the one that it was wrapped with"):
        await require_vault(database, Vault(NEW), sealing=True)
    await keys.destroy("ada", "erasure")
    await require_vault(database, None, sealing=True)


def test_the_cache_is_bounded_in_number_and_time() -> None:
    cache = KeyCache(seconds=60, most=2)
    for party in ("a", "b", "c"):
        cache.keep(party, b"key", 10**9)
    assert [cache.find(each) for each in ("a", "b", "c")] == [None, b"key", b"key"]
    cache.keep("d", Tombstone(dates.now()), 10**9)
    assert cache.find("b") is None
    assert isinstance(cache.find("d"), Tombstone)
    late = KeyCache(seconds=0)
    late.keep("a", b"key", 0)
    assert late.find("a") is None
