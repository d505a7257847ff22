# SPDX-License-Identifier: Apache-2.0
"""The scan: all pairs with a blocking key in common are compared once, killed or not, and what was decided holds."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain import dates
from app.errors import Conflict
from app.identity.matching import load_rules
from app.identity.matching.rules import NO
from app.identity.matching.rules_file import DEFAULT
from app.identity.party_rules import PartyRules
from app.identity.scanning.review import Review
from app.identity.scanning.scan import Scan, ScanSettings
from app.identity.scanning.spool import BUCKETS
from app.storage.documents.aliases import Alias, Aliases
from app.storage.identity.scans import ScanCheckpoint, Scans
from app.storage.identity.suspicions import Suspicions
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact
from tests.identity.register import Document, Register

pytestmark = pytest.mark.anyio

RESOURCE = "Individual"
PARTIES = 250
REGISTER = dict(Register(7, PARTIES).records())
RULES = PartyRules(load_rules(""), [RESOURCE])
Found = dict[frozenset[str], str]


async def store(database: Database, documents: dict[str, Document] = REGISTER) -> None:
    at = dates.now()
    rows = [{"_id": id, "revision": 1, "changed": at, "document": each} for id, each in documents.items()]
    await database["individual"].insert_many(rows)
    await Suspicions(database).prepare()


async def scan(database: Database, rules: PartyRules = RULES, file: str = "", **chosen: Any) -> ScanCheckpoint:
    """Scan to the end, and review."""
    scanning = Scan(database, RESOURCE, ScanSettings(rules, file, **{"workers": 1, **chosen}))
    at = await scanning.run(asyncio.Event(), lambda _: None, lambda _: None)
    assert at.bucket == BUCKETS
    await Review(database, rules, None).run(RESOURCE, at.begun)
    await scanning.end(at)
    return at


async def found(database: Database, status: str = "open") -> Found:
    """The grades of the pairs that are recorded."""
    rows = await database["suspicion"].find({"status": status}).to_list()
    assert all(sum(each["weight"] for each in row["levels"]) == row["score"] for row in rows if "levels" in row)
    return {frozenset(row["ids"]): row.get("grade", "") for row in rows}


def alike(documents: dict[str, Document], largest: int) -> tuple[Found, int]:
    """The grades of all pairs that are alike, by comparing each with each, and how many have a key in common that no
    more parties have."""
    records = {id: record for id, each in documents.items() if (record := RULES.record(RESOURCE, each))}
    keys = {id: RULES.keys(record) for id, record in records.items()}
    holders = Counter(key for each in keys.values() for key in each)
    rare = {id: {key for key in each if holders[key] <= largest} for id, each in keys.items()}
    pairs = [(one, other) for one, other in combinations(records, 2) if rare[one] & rare[other]]
    grades = {frozenset(each): RULES.compare(records[each[0]], records[each[1]]).grade for each in pairs}
    return {each: grade for each, grade in grades.items() if grade != NO}, len(pairs)


def other_rules(folder: Path, version: str, **members: Any) -> tuple[PartyRules, str]:
    """The server's rules under another version, with these members, and their file."""
    content = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    content["version"] = version
    content[RESOURCE] |= members
    file = folder / f"{version}.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return PartyRules(load_rules(str(file)), [RESOURCE]), str(file)


@pytest.mark.parametrize(("largest", "workers"), [(300, 2), (4, 1)])
async def test_each_pair_with_a_key_in_common_is_compared_once(database: Database, largest: int, workers: int) -> None:
    await store(database)
    at = await scan(database, largest_block=largest, workers=workers)
    expected, pairs = alike(REGISTER, largest)
    assert len(expected) > 10
    assert await found(database) == expected
    assert (at.counts.compared, at.counts.suspected, at.counts.recorded) == (pairs, len(expected), len(expected))
    holders = Counter(key for each in REGISTER.values() for key in RULES.keys_of(RESOURCE, each)[0])
    common = {key: number for key, number in holders.items() if number > largest}
    assert {each.key: each.parties for each in at.left_out} == common
    assert (largest == 4) == bool(common)
    assert all(each.pairs == each.parties * (each.parties - 1) // 2 for each in at.left_out)
    names = {block.name for block in RULES.rules.rule_sets[RESOURCE].blocks}
    assert {each.block for each in at.left_out} <= names
    row = await database["identityScan"].find_one({"_id": RESOURCE}) or {}
    assert [each["key"] for each in row["leftOut"]] == [each.key for each in at.left_out]


async def test_killed_at_any_write_it_goes_on_and_finds_the_same(database: Database, mongodb_uri: str) -> None:
    await store(database)
    for write, when in ((1, "within"), (90, "behind"), (70, "within")):
        command = [sys.executable, "-m", "tests.storage.killed_scan", mongodb_uri, database.name, str(write), when]
        killed = await asyncio.to_thread(subprocess.run, command, check=False)
        assert killed.returncode == -signal.SIGKILL
    row = await database["identityScan"].find_one({"_id": RESOURCE}) or {}
    assert row["bucket"] == 90 + 69
    at = await scan(database)
    expected, pairs = alike(REGISTER, 300)
    assert await found(database) == expected
    assert at.counts == (pairs, len(expected), len(expected))


async def test_a_second_scan_takes_over_and_the_first_ends(database: Database) -> None:
    await store(database, dict(list(REGISTER.items())[:20]))
    first, taking = Scan(database, RESOURCE, ScanSettings(RULES, "", workers=1)), list[asyncio.Future[ScanCheckpoint]]()
    terms = (await scan(database)).terms

    def take_over(_: int) -> None:
        taking.append(asyncio.ensure_future(Scans(database).take(RESOURCE, terms, dates.now(), anew=False)))

    with pytest.raises(Conflict, match="Another scan"):
        await first.run(asyncio.Event(), take_over, lambda _: None)


async def decided(database: Database, one: str, other: str) -> None:
    await transact(database, partial(Suspicions(database).part, RESOURCE, one, other, "a person", dates.now()))


def person(**more: Any) -> Document:
    address = {"street1": "Veerkade 12", "city": "Rotterdam", "postCode": "3016"}
    born = {"givenName": "Ngozi", "familyName": "Okafor", "birthDate": "1984-03-17T00:00:00Z"}
    return {"@type": RESOURCE, **born, "contactMedium": [address], **more}


def names(pairs: Sequence[frozenset[str]]) -> set[str]:
    return {"".join(sorted(each)) for each in pairs}


async def test_not_the_same_holds_through_rescans_other_rules_and_merges(database: Database, tmp_path: Path) -> None:
    await store(database, dict.fromkeys("abcd", person()))
    await decided(database, "a", "b")
    await scan(database)
    assert names([*await found(database)]) == {"ac", "ad", "bc", "bd", "cd"}
    await database["individual"].delete_one({"_id": "b"})
    alias = Alias(RESOURCE, "b", "c", "a merge", dates.now())
    await transact(database, partial(Aliases(database).add, alias))
    await scan(database, *other_rules(tmp_path, "other"))
    assert names([*await found(database)]) == {"ad", "cd"}
    assert names([*await found(database, "notSame")]) == {"ab"}
    await transact(database, partial(Aliases(database).remove, (RESOURCE, "b")))
    await scan(database, anew=True)
    assert names([*await found(database)]) == {"ac", "ad", "cd"}


async def test_after_a_scan_pairs_are_open_for_what_rules_and_parties_are_now(
    database: Database, tmp_path: Path
) -> None:
    await store(database, {**dict.fromkeys("abc", person()), "d": {"@type": RESOURCE, "givenName": "Ada"}})
    await scan(database)
    before = {"".join(row["ids"]): row for row in await database["suspicion"].find({}).to_list()}
    assert before.keys() == {"ab", "ac", "bc"}
    await scan(database)
    assert {"".join(row["ids"]): row for row in await database["suspicion"].find({}).to_list()} == before
    await database["individual"].delete_one({"_id": "a"})
    await database["individual"].update_one({"_id": "b"}, {"$set": {"document.givenName": "Ngosi"}})
    await scan(database)
    (renewed,) = await database["suspicion"].find({}).to_list()
    assert renewed["ids"] == ["b", "c"]
    assert renewed["flow"] != before["bc"]["flow"]
    await scan(database, *other_rules(tmp_path, "stricter", thresholds={"certain": 64, "possible": 60}))
    assert await found(database) == {}


async def test_other_rules_that_see_the_same_reasons_ask_nobody_again(database: Database, tmp_path: Path) -> None:
    await store(database, dict.fromkeys("ab", person()))
    await scan(database)
    before = await database["suspicion"].find_one({}) or {}
    rules, file = other_rules(tmp_path, "2030-01")
    await scan(database, rules, file)
    after = await database["suspicion"].find_one({}) or {}
    assert after["flow"] == before["flow"]
    assert after["rules"] == {"version": "2030-01", "digest": rules.digest} != before["rules"]
