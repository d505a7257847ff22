# SPDX-License-Identifier: Apache-2.0
"""An operator looks into the event log, takes it elsewhere and thins it out, by `liaison audit` and `export`."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from app.cli import main
from app.settings import Settings
from tests.contract.documents import V5
from tests.paths import INDIVIDUAL
from tests.served import PARTS
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
NAMED = {"@type": "Individual", "givenName": "Jane", "familyName": "Lamborgizzia"}
FILLED = 400


def run(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `liaison` on the tests' database."""
    result = CliRunner().invoke(main, arguments, env=settings.environment())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def seeded(settings: Settings, clean_database: str, client: httpx.Client) -> int:
    """The length of a log that some data were written to."""
    code, _, told = run(settings, "seed", "--customers", "20")
    assert code == 0, told
    return drained(settings)


def drained(settings: Settings) -> int:
    """Let a relay log what is pending; answers the length of the log."""
    relay = subprocess.Popen([sys.executable, "-m", "app.cli", "relay"], env={**os.environ, **settings.environment()})
    try:
        with MongoClient[dict[str, Any]](settings.mongodb_uri) as mongo:
            database = mongo[settings.database]
            kept = [database[name] for name in ("departed", *(each.kept_in for each in V5))]
            eventually(lambda: not any(each.find_one({"pending": {"$exists": True}}) for each in kept), "all is logged")
            return database["event"].count_documents({})
    finally:
        relay.send_signal(signal.SIGTERM)
        relay.wait(30)


def test_the_log_is_verified_and_its_end_can_be_noted(settings: Settings, seeded: int, mongo: Mongo) -> None:
    code, told, _ = run(settings, "audit", "verify")
    summary, end = told.splitlines()
    assert code == 0
    assert summary == f"{seeded} entries verified; the payload of 0 was dropped"
    assert run(settings, "audit", "verify", "--head", end)[0] == 0
    assert run(settings, "audit", "verify", "--from", str(seeded), "--head", end)[1].startswith("1 entries verified")

    mongo[settings.database]["event"].delete_one({"_id": seeded})
    assert run(settings, "audit", "verify")[0] == 0
    code, _, told = run(settings, "audit", "verify", "--head", end)
    assert code == 1
    assert f"broken at entry {seeded}: the log ends before it" in told


def test_a_log_that_was_tampered_with_is_told(settings: Settings, seeded: int, mongo: Mongo) -> None:
    mongo[settings.database]["event"].update_one({"_id": 7}, {"$set": {"actor": "nobody"}})
    code, _, told = run(settings, "audit", "verify")
    assert code == 1
    assert "broken at entry 7: it was changed" in told
    assert run(settings, "audit", "verify", "--from", "9")[0] == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--head", "17"], "'17' is not <number>:<hash"),
        (["--from", "9", "--head", f"7:{'0' * 64}"], "too far before the first"),
        (["--head", f"7:{'0' * 64}", "--from", "9"], "too far before the first"),
        (["--from", "0"], "0 is not in the range"),
    ],
)
def test_a_verification_that_makes_no_sense_is_refused(settings: Settings, options: list[str], told: str) -> None:
    code, _, error = run(settings, "audit", "verify", *options)
    assert code == 2
    assert told in error


def test_the_history_of_a_resource_is_told_also_after_it_is_gone(settings: Settings, client: httpx.Client) -> None:
    headers = {"X-Correlation-ID": "order-17"}
    id = client.post(INDIVIDUAL, json=NAMED, headers=headers).raise_for_status().json()["id"]
    client.patch(f"{INDIVIDUAL}/{id}", json={"familyName": "Smith"}).raise_for_status()
    client.delete(f"{INDIVIDUAL}/{id}").raise_for_status()
    drained(settings)

    code, told, _ = run(settings, "audit", "show", "Individual", id)
    assert code == 0
    assert [line.split()[2] for line in told.splitlines() if line.startswith("#")] == [
        "IndividualCreateEvent",
        "IndividualAttributeValueChangeEvent",
        "IndividualDeleteEvent",
    ]
    assert "(correlation order-17)" in told.splitlines()[0]
    assert '    familyName: "Lamborgizzia" → "Smith"' in told.splitlines()

    _, told, _ = run(settings, "audit", "show", "Individual", id, "--json")
    steps = [json.loads(line) for line in told.splitlines()]
    assert [step["revision"] for step in steps] == [1, 2, 3]
    assert {"attribute": "familyName", "from": "Lamborgizzia", "to": "Smith"} in steps[1]["changes"]


def test_of_what_never_was_there_is_nothing_to_tell(settings: Settings, clean_database: str) -> None:
    code, _, told = run(settings, "audit", "show", "Indivdual", "42")
    assert code == 1
    said, resources = told.strip().split(". Resources: ")
    assert said.endswith("nothing about Indivdual '42'")
    assert resources.split(", ") == sorted({name for part in PARTS.values() for name in part.declared})


def test_old_payloads_are_dropped_by_hand(settings: Settings, seeded: int, mongo: Mongo) -> None:
    assert run(settings, "audit", "retain")[1] == "Payloads stay for ever: no days are set\n"
    assert run(settings, "audit", "retain", "--payload-days", "1")[1] == "0 payloads dropped\n"
    # What was logged long ago would be so by its hash, too: its chain is broken here, its payload goes all the same.
    mongo[settings.database]["event"].update_one(
        {"_id": 1}, [{"$set": {"loggedAt": {"$subtract": ["$loggedAt", 2 * 86_400_000]}}}]
    )
    assert run(settings, "audit", "retain", "--payload-days", "1")[1] == "1 payloads dropped\n"
    assert "document" not in (mongo[settings.database]["event"].find_one({"_id": 1}) or {})


@pytest.mark.parametrize("command", [["audit", "verify"], ["audit", "retain"], ["export", "events"]])
def test_a_directory_without_data_is_not_taken_for_an_empty_log(tmp_path: Path, command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--data", str(tmp_path / "typo")], env={"MONGODB_URI": ""})
    assert result.exit_code == 1
    assert "There are no data at" in result.output
    assert not (tmp_path / "typo").exists()


def exporting(settings: Settings, *options: str) -> subprocess.Popen[bytes]:
    """`liaison export events` as a process whose output can be read."""
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "export", "events", *options],
        env={**os.environ, **settings.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


def sequences(lines: bytes) -> list[int]:
    return [json.loads(line)["sequence"] for line in lines.splitlines()]


def following(told: bytes) -> int:
    """The number to go on from, by the last line of standard error."""
    return int(told.splitlines()[-1].removeprefix(b"next: "))


def test_the_log_is_exported_from_where_one_left_off(settings: Settings, seeded: int) -> None:
    everything, told = exporting(settings).communicate(timeout=60)
    assert sequences(everything) == list(range(1, seeded + 1))
    assert following(told) == seeded + 1
    rest, told = exporting(settings, "--from", str(seeded - 1)).communicate(timeout=60)
    assert rest.splitlines() == everything.splitlines()[-2:]
    assert exporting(settings, "--from", str(following(told))).communicate(timeout=60)[0] == b""


def test_a_reader_that_leaves_loses_nothing(settings: Settings, long: int) -> None:
    export = exporting(settings)
    assert export.stdout
    assert export.stderr
    first = export.stdout.readline()
    export.stdout.close()
    told = export.stderr.read()
    export.stderr.close()
    assert export.wait(60) == 1
    assert sequences(first) == [1]
    assert 1 < following(told) <= long


def test_an_export_that_is_interrupted_loses_nothing(settings: Settings, long: int) -> None:
    export = exporting(settings)
    assert export.stdout
    begun = export.stdout.readline()
    export.send_signal(signal.SIGINT)
    rest, told = export.communicate(timeout=60)
    assert export.returncode == 130
    done = sequences(begun + rest)
    assert done == list(range(1, following(told)))
    assert len(done) < long
    others, _ = exporting(settings, "--from", str(following(told))).communicate(timeout=60)
    assert done + sequences(others) == list(range(1, long + 1))


def test_an_export_into_a_file_goes_on_by_itself_even_after_a_crash(
    settings: Settings, long: int, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    export = exporting(settings, "--out", str(file), "--follow")
    eventually(lambda: file.exists() and file.stat().st_size > 0, "the export begins")
    export.kill()
    export.communicate(timeout=60)
    with file.open("ab") as torn:
        torn.write(b'{"sequence":999999,"eve')

    code, told, error = run(settings, "export", "events", "--out", str(file))
    assert (code, told, error) == (0, "", f"next: {long + 1}\n")
    assert sequences(file.read_bytes()) == list(range(1, long + 1))


@pytest.fixture
def long(settings: Settings, clean_database: str, mongo: Mongo) -> int:
    """The length of a log that no pipe can hold; it is not verified, so its entries need no true hashes."""
    whole = {
        "api": "party",
        "resource": "Individual",
        "kind": "Create",
        "changed": [],
        "document": {"note": "x" * 2000},
    }
    mongo[settings.database]["event"].insert_many(
        [{"_id": number, "eventId": str(number), "hash": f"{number:064}", **whole} for number in range(1, FILLED + 1)]
    )
    return FILLED


def test_what_was_logged_plain_is_sealed_by_a_command(settings: Settings, client: httpx.Client, mongo: Mongo) -> None:
    made = client.post(INDIVIDUAL, json=NAMED).json()
    drained(replace(settings, sealing=False))
    log = mongo[settings.database]["event"]
    former = log.find_one({"resourceId": made["id"]}) or {}
    _, verified, _ = run(settings, "audit", "verify")
    assert former["document"]["familyName"] == NAMED["familyName"]

    held = {"_id": "relay", "holder": "another", "expires": datetime(9999, 1, 1, tzinfo=UTC), "fence": 9}
    mongo[settings.database]["lease"].replace_one({"_id": "relay"}, held, upsert=True)
    code, _, told = run(settings, "audit", "reseal")
    assert (code, "A relay runs on this database" in told) == (1, True)
    mongo[settings.database]["lease"].delete_many({})

    code, told, _ = run(settings, "audit", "reseal")
    assert code == 0
    assert told.splitlines()[1] == f"former end: {verified.splitlines()[-1]}"
    assert "document" in (log.find_one({"resourceId": made["id"], "sealed": 1}) or {})
    code, verified, _ = run(settings, "audit", "verify")
    assert code == 0
    assert f"{NAMED['familyName']}" in run(settings, "audit", "show", "Individual", made["id"])[1]
    assert run(settings, "audit", "reseal")[1].startswith("Nothing to do")
    assert run(settings, "audit", "show", "EventLog", "rewrite")[0] == 0
