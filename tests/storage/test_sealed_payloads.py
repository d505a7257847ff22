# SPDX-License-Identifier: Apache-2.0
"""Sealed payloads: whoever has the keys reads what was logged; without one of them, what is others' alone."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import bson
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import dates
from app.domain.query.predicates import Path
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification import V5_ENVELOPE
from app.events.relay.reader import Reader
from app.storage.documents.history import Past
from app.storage.event_log.chain import DROPPED, OMISSION, SEALED
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.retention import Retention
from app.storage.event_log.verification import BrokenChain
from app.storage.hubs.vault import Vault
from app.storage.mongod.durable import Database
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import ERASED, NO_VAULT, REMAINDER, UNREADABLE, SealedPayloads
from tests.storage.entries import checked, entry
from tests.storage.listening import RENDERERS

pytestmark = pytest.mark.anyio

KEY = Fernet.generate_key().decode()
OWNERS: Mapping[str, Sequence[Path]] = {
    "Individual": [("id",)],
    "Customer": [("engagedParty", "id")],
    "PartyInteraction": [("relatedParty", "partyOrPartyRole", "id")],
}
AWARE: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(tz_aware=True)
EVERYTHING = SubscriptionFilter(V5_ENVELOPE)
LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def keys(database: Database) -> PartyKeys:
    return PartyKeys(database, Vault(KEY))


@pytest.fixture
def log(database: Database, keys: PartyKeys) -> EventLog:
    return EventLog(database, SealedPayloads(keys, OWNERS))


def individual(id: str, **document: Any) -> dict[str, Any]:
    return entry(resourceId=id, document={"givenName": "canary", **document}, before={"givenName": "old canary"})


def related(party: str, **other: Any) -> dict[str, Any]:
    return {"role": "customer", "partyOrPartyRole": {"id": party, "name": f"name of {party}", **other}}


def interaction(*parties: str, **document: Any) -> dict[str, Any]:
    document = {"description": "canary", "relatedParty": [related(party) for party in parties], **document}
    return entry(api="interaction", resource="PartyInteraction", document=document, before={"status": "opened"})


def payload(of: Mapping[str, Any]) -> dict[str, Any]:
    return {name: of.get(name) for name in ("document", "before")}


async def stored_entries(database: Database) -> list[dict[str, Any]]:
    """The log as it is stored."""
    return [each async for each in EventLog(database).walk_stored(0)]


async def test_what_is_logged_is_read_as_it_was_and_stored_sealed(database: Database, log: EventLog) -> None:
    given = [individual("ada"), interaction("ada", "bob"), interaction("bob"), interaction(), entry(resource="Other")]
    await log.append(given)

    for found in (
        await log.after(0, 10),
        [each async for each in log.walk(0)],
        await EventLog(database, SealedPayloads(PartyKeys(database, Vault(KEY)), {})).after(0, 10),
    ):
        assert [payload(each) for each in found] == [payload(each) for each in given]
        assert not any(SEALED in each for each in found if "ada" in str(each))
    stored = await stored_entries(database)
    assert [SEALED in each for each in stored] == [True, True, True, False, False]
    for each in stored[:3]:
        assert b"canary" not in bson.encode(each)
        assert b"name of" not in bson.encode(each)
        assert "before" not in each
    assert (await checked(log)).entries == 5


async def test_the_history_of_a_resource_is_opened(database: Database, log: EventLog, keys: PartyKeys) -> None:
    await log.append([individual("ada")])
    past = Past(database, "Individual", 5000, SealedPayloads(keys, {}))
    [step] = [each async for each in log.about("Individual", "ada")]

    assert step["document"] == {"givenName": "canary"}
    state = (await past.trace("ada", dates.now())).state
    assert state
    assert state.document == {"givenName": "canary"}
    await keys.destroy("ada", "erasure")
    state = (await past.trace("ada", dates.now())).state
    assert state
    assert (state.document, state.omission) == (None, ERASED)


async def test_of_an_interaction_of_two_the_other_s_share_stays_when_one_is_erased(
    database: Database, log: EventLog, keys: PartyKeys
) -> None:
    await log.append([interaction("ada", "bob"), individual("bob"), individual("ada")])
    before = await stored_entries(database)
    await keys.destroy("ada", "erasure")

    assert await stored_entries(database) == before
    [shared, of_bob, of_ada] = await log.after(0, 10)
    assert shared[REMAINDER] == {"document": {"relatedParty": [related("bob")]}}
    assert payload(of_bob)["document"] == {"givenName": "canary"}
    assert REMAINDER not in of_ada
    for each in (shared, of_ada):
        assert each[OMISSION] == ERASED
        assert each[DROPPED] >= each["loggedAt"]
        assert payload(each) == {"document": None, "before": None}
    assert (await checked(log)).entries == 3


async def test_what_is_logged_after_an_erasure_has_nothing_of_the_party(
    database: Database, log: EventLog, keys: PartyKeys
) -> None:
    await keys.destroy("ada", "erasure")
    await log.append([individual("ada"), interaction("ada", "bob"), interaction("ada")])

    assert not any(
        b"canary" in bson.encode(each) or b"name of ada" in bson.encode(each) for each in await stored_entries(database)
    )
    [own, shared, alone] = await log.after(0, 10)
    assert shared[REMAINDER] == {"document": {"relatedParty": [related("bob")]}}
    assert {each[OMISSION] for each in (own, shared, alone)} == {ERASED}
    assert (await checked(log)).entries == 3


async def test_listeners_hear_what_an_erased_event_was_about(log: EventLog, keys: PartyKeys) -> None:
    await log.append([individual("ada")])
    await keys.destroy("ada", "erasure")
    reader = Reader(log, RENDERERS)
    found = await reader.after(0)

    assert found
    for version in ("v4", "v5"):
        notification = reader.notification(found, version)
        assert notification
        told = notification.body(EVERYTHING).decode()
        assert "canary" not in told
        assert "http://here/" in told


@LAW
@given(parties=st.lists(st.sampled_from(["ada", "bob", "eve"]), max_size=4), text=st.text(max_size=20))
async def test_whatever_parties_an_interaction_has_without_one_key_the_other_shares_open_as_before(
    database: Database, parties: list[str], text: str
) -> None:
    for name in ("event", "partyKey"):
        await database[name].delete_many({})
    keys = PartyKeys(database, Vault(KEY))
    log = EventLog(database, SealedPayloads(keys, OWNERS))
    given = interaction(*parties, description=text, number=1.0, none=None)
    await log.append([given])
    assert payload((await log.after(0, 1))[0]) == payload(given)

    stored = await stored_entries(database)
    await keys.destroy("ada", "erasure")
    [opened] = await log.after(0, 1)
    assert await stored_entries(database) == stored
    if "ada" not in parties:
        assert payload(opened) == payload(given)
    else:
        left = opened.get(REMAINDER, {}).get("document", {})
        others = [related(each) for each in parties if each != "ada"]
        assert sorted(map(str, left.get("relatedParty", []))) == sorted(map(str, others))
        assert left.keys() <= {"relatedParty"}
    assert (await checked(log)).entries == 1


async def test_every_flipped_bit_of_a_sealed_payload_is_found(database: Database, log: EventLog) -> None:
    await log.append([interaction("ada", "bob"), individual("ada")])
    draw = random.Random(7)
    stored = await stored_entries(database)
    for _ in range(100):
        sequence = draw.choice([1, 2])
        changed: dict[str, Any] = bson.decode(bson.encode(stored[sequence - 1]), AWARE)
        share = draw.choice(changed["document"])
        content = bytearray(share["content"])
        bit = draw.randrange(len(content) * 8)
        content[bit // 8] ^= 1 << bit % 8
        share["content"] = bytes(content)
        await database["event"].replace_one({"_id": sequence}, changed)

        with pytest.raises(BrokenChain, match="payload was changed") as broken:
            await checked(log)
        assert broken.value.sequence == sequence
        [opened] = await log.after(sequence - 1, 1)
        assert opened[OMISSION] == UNREADABLE
        await database["event"].replace_one({"_id": sequence}, stored[sequence - 1])
    assert (await checked(log)).entries == 2


async def test_shares_cannot_be_put_into_another_entry_or_left_out(database: Database, log: EventLog) -> None:
    await log.append([interaction("ada", "bob"), interaction("ada", "bob")])
    first, second = await stored_entries(database)
    for forged in (
        {"document": first["document"]},
        {"document": second["document"][:-1]},
        {"document": [{"parties": each["parties"]} for each in second["document"]]},
        {"document": {"description": "plain"}},
    ):
        await database["event"].replace_one({"_id": 2}, {**second, **forged})
        with pytest.raises(BrokenChain, match="payload was changed"):
            await checked(log)
    await database["event"].replace_one({"_id": 2}, {**second, "document": first["document"]})
    assert (await log.after(1, 1))[0][OMISSION] == UNREADABLE
    await database["event"].update_one({"_id": 2}, {"$unset": {SEALED: True}, "$set": {"document": second["document"]}})
    with pytest.raises(BrokenChain, match="it was changed"):
        await checked(log)


async def test_a_log_of_plain_sealed_dropped_and_shredded_entries_verifies(
    database: Database, log: EventLog, keys: PartyKeys
) -> None:
    await EventLog(database).append([individual("ada"), interaction("ada", "bob")])
    await log.append([individual("ada"), interaction("ada", "bob"), individual("bob")])
    assert await Retention(database, days=1).drop_old(dates.now() + timedelta(days=2)) == 5
    await log.append([individual("ada"), interaction("ada", "bob")])
    await EventLog(database).append([individual("ada")])
    await keys.destroy("ada", "erasure")
    await log.append([individual("ada"), interaction("ada", "bob")])

    verified = await checked(log)
    assert (verified.entries, verified.dropped) == (10, 6)
    opened = await log.after(0, 20)
    assert [OMISSION in each for each in opened] == [False] * 5 + [True, True, False, True, True]


async def test_without_a_key_sealed_payloads_are_not_shown_and_new_ones_are_plain(
    database: Database, log: EventLog
) -> None:
    await log.append([individual("ada")])
    without = EventLog(database)
    await without.append([individual("ada")])
    first, second = await without.after(0, 2)

    assert first[OMISSION] == NO_VAULT
    assert payload(second)["document"] == {"givenName": "canary"}
    assert (await checked(without)).entries == 2


async def test_an_entry_that_cannot_be_written_is_logged_without_payload_here_too(
    database: Database, log: EventLog
) -> None:
    large = individual("ada", note="x" * (17 * 1024 * 1024))
    wrong = individual("bob", note={1, 2})
    await log.append([individual("eve"), large, wrong, individual("eve")])

    opened = await log.after(0, 9)
    assert [OMISSION in each for each in opened] == [False, True, True, False]
    assert (await checked(log)).entries == 4


async def test_reports_and_what_concerns_nobody_stay_plain(database: Database, log: EventLog) -> None:
    await log.append([interaction(), entry(resource="Event", document={"relatedParty": [related("ada")]})])
    assert not any(SEALED in each for each in await stored_entries(database))
    assert await database["partyKey"].count_documents({}) == 0
