# SPDX-License-Identifier: Apache-2.0
"""An operator brings resources in from a file, whatever is in it and whatever happens meanwhile."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from app.settings import Settings
from app.transfer import ndjson
from app.transfer.checkpoint import Checkpoint
from tests.paths import INDIVIDUAL_V5
from tests.scenarios.command import run
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
MANY = 3000
KILLS = 3
CHANCE = Random(17)


def named(number: int, **more: Any) -> dict[str, Any]:
    return {"@type": "Individual", "givenName": "Ann", "familyName": f"Number {number}", **more}


def lines(*bodies: Any) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


class Imports:
    """Imports of individuals from one file."""

    def __init__(self, settings: Settings, file: Path) -> None:
        self._settings = settings
        self._started: list[subprocess.Popen[bytes]] = []
        self.file = file

    @property
    def arguments(self) -> list[str]:
        return ["import", str(self.file), "--resource", "individual", "--version", "v5"]

    def run(self, *options: object) -> tuple[int, str, str]:
        return run(self._settings, *self.arguments, *options)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """As a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *self.arguments, *options],
            env={**os.environ, **self._settings.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            process.kill()
            process.communicate()

    def rejects(self) -> list[dict[str, Any]]:
        file = self.file.with_name(f"{self.file.name}.rejects.ndjson")
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


@pytest.fixture
def imports(settings: Settings, clean_database: str, tmp_path: Path) -> Iterator[Imports]:
    imports = Imports(settings, tmp_path / "individuals.ndjson")
    yield imports
    imports.end()


@pytest.fixture
def rows(mongo: Mongo, clean_database: str) -> Callable[[], list[dict[str, Any]]]:
    """The individuals as an operator sees them, in the order of their ids."""
    return lambda: list(mongo[clean_database]["individual"].find(sort=[("_id", 1)]))


def test_every_line_becomes_a_resource_that_is_announced_as_any_other(
    imports: Imports, rows: Any, client: httpx.Client
) -> None:
    imports.file.write_bytes(lines(*map(named, range(1200))))
    code, told, _ = imports.run("--actor", "migration")
    assert code == 0
    assert told.startswith("1200 lines read: 1200 created, 0 there already, 0 rejected; ")
    assert [row["document"]["familyName"] for row in rows()] == [f"Number {number}" for number in range(1200)]
    changes = [change for row in rows() for change in row["pending"]]
    assert [event["kind"] for change in changes for event in change["events"]] == ["Create"] * 1200
    assert {change["actor"] for change in changes} == {"migration"}
    [correlation] = {change["correlationId"] for change in changes}
    assert correlation.startswith("import-")
    first = client.get(f"{INDIVIDUAL_V5}/{rows()[0]['_id']}").raise_for_status()
    assert first.json()["familyName"] == "Number 0"
    assert first.headers["ETag"]


BAD = [
    b'{"@type": "Individual", "givenName": "A"',
    b"not JSON",
    b"[]",
    b'"text"',
    b'{"@type": "Individual"}',
    b'{"@type": "Individual", "givenName": "\xff", "familyName": "B"}',
    b'{"@type": "Individual", "givenName": "A", "familyName": "B", "status": "asleep"}',
    b'{"@type": "Individual", "givenName": "A", "familyName": "B", "birthDate": "yesterday"}',
    b'{"@type": "Individual", "givenName": "A", "familyName": "B", "title": 12345678901234567890123}',
    b'{"@type": "Individual", "givenName": "A", "familyName": "B", "$set": {}}',
    b'{"@type": "Organization", "name": "A"}',
    b'{"@type": "Individual", "givenName": "A", "familyName": "B", "id": "a/b"}',
]


def test_a_bad_line_is_rejected_for_what_a_post_is_refused_for(
    imports: Imports, rows: Any, client: httpx.Client
) -> None:
    good = lines(named(1), named(2)).splitlines()
    imports.file.write_bytes(b"\n".join([good[0], *BAD, good[1]]))
    code, told, _ = imports.run()
    assert code == 3
    assert told.startswith(f"{len(BAD) + 2} lines read: 2 created, 0 there already, {len(BAD)} rejected; ")
    assert told.splitlines()[-1] == f"The rejected lines are in {imports.file}.rejects.ndjson"
    assert [row["document"]["familyName"] for row in rows()] == ["Number 1", "Number 2"]
    headers = {"Content-Type": "application/json"}
    for number, (line, reject) in enumerate(zip(BAD, imports.rejects(), strict=True), start=2):
        answer = client.post(INDIVIDUAL_V5, content=line, headers=headers)
        assert answer.is_client_error
        assert reject == {"line": number, "error": answer.json(), "text": line.decode("utf-8", "backslashreplace")}


def test_marks_and_blank_lines_and_any_end_of_line_are_understood(imports: Imports, rows: Any) -> None:
    one, two, three = lines(named(1), named(2), named(3)).splitlines()
    imports.file.write_bytes(b"\xef\xbb\xbf" + one + b"\r\n\r\n  \n" + two + b"\n\n" + three)
    assert imports.run()[1].startswith("3 lines read: 3 created")
    assert len(rows()) == 3


def test_a_line_beyond_the_limit_of_bodies_is_rejected(settings: Settings, imports: Imports) -> None:
    imports.file.write_bytes(lines(named(1), named(2, title="x" * 3000), named(3)))
    small = Imports(replace(settings, max_body_bytes=2000), imports.file)
    assert small.run()[0] == 3
    [reject] = imports.rejects()
    assert (reject["line"], reject["error"]["status"], len(reject["text"]) <= 200) == (2, "413", True)


def test_a_finished_import_is_not_repeated(imports: Imports, rows: Any) -> None:
    imports.file.write_bytes(lines(named(1), {}))
    first = imports.run()
    assert first[0] == 3
    code, told, _ = imports.run()
    assert (code, told.splitlines()[0]) == (3, "2 lines read: 1 created, 0 there already, 1 rejected")
    assert len(rows()) == len(imports.rejects()) == 1
    assert imports.run("--anew")[0] == 3
    assert len(rows()) == 2
    assert [reject["line"] for reject in imports.rejects()] == [2]


def test_ids_in_the_file_are_kept_and_known_again(imports: Imports, rows: Any) -> None:
    imports.file.write_bytes(lines(named(1, id="a"), named(2, id="b"), named(1, id="a"), named(3, id="b")))
    assert imports.run()[1].startswith("4 lines read: 2 created, 1 there already, 1 rejected; ")
    assert [(row["_id"], row["document"]["familyName"]) for row in rows()] == [("a", "Number 1"), ("b", "Number 2")]
    [reject] = imports.rejects()
    assert (reject["line"], reject["error"]["status"]) == (4, "409")
    assert imports.run("--anew")[1].startswith("4 lines read: 0 created, 3 there already, 1 rejected; ")


def test_references_of_lines_lead_to_lines_before(settings: Settings, imports: Imports) -> None:
    def of_kin(id: str, other: str) -> dict[str, Any]:
        href = f"{settings.root_url}{INDIVIDUAL_V5}/{other}"
        party = {"@type": "PartyRef", "id": other, "href": href, "@referredType": "Individual"}
        related = {"@type": "RelatedPartyOrPartyRole", "role": "kin", "partyOrPartyRole": party}
        return named(1, id=id, relatedParty=[related])

    imports.file.write_bytes(lines(named(0, id="a"), of_kin("b", "a"), of_kin("c", "d"), named(3, id="d")))
    assert imports.run()[0] == 3
    assert [reject["line"] for reject in imports.rejects()] == [3]


def began(importing: subprocess.Popen[bytes], kept: Collection[dict[str, Any]], enough: int) -> bool:
    """Whether an import has kept so many resources, or has ended."""
    return kept.count_documents({}) >= enough or importing.poll() is not None


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_import_that_is_killed_anywhere_loses_and_doubles_nothing(
    imports: Imports, mongo: Mongo, workers: str
) -> None:
    bodies = [named(number, **({"id": f"own-{number}"} if number % 3 == 0 else {})) for number in range(MANY)]
    bodies[::500] = [{"@type": "Individual", "title": "nobody"}] * len(bodies[::500])
    imports.file.write_bytes(lines(*bodies))
    kept, ends = mongo["liaison_test"]["individual"], []
    for kill in range(1, KILLS + 1):
        importing = imports.start("--workers", workers)
        enough = CHANCE.randrange(1, MANY * kill // (KILLS + 2))
        eventually(partial(began, importing, kept, enough), "it began")
        importing.kill()
        importing.communicate(timeout=60)
        ends.append(importing.returncode)

    assert -signal.SIGKILL in ends
    code, told, error = imports.run()
    rejected = len(bodies[::500])
    assert code == 3, error
    assert told.startswith(f"{MANY} lines read: ")
    assert f" {rejected} rejected" in told
    assert [reject["line"] for reject in imports.rejects()] == list(range(1, MANY + 1, 500))
    families = [row["document"]["familyName"] for row in kept.find()]
    assert sorted(families) == sorted(body["familyName"] for body in bodies if "familyName" in body)
    events = [event["id"] for row in kept.find() for change in row["pending"] for event in change["events"]]
    assert len(set(events)) == len(events) == MANY - rejected
    assert len({change["correlationId"] for row in kept.find() for change in row["pending"]}) == 1


def test_several_processes_come_to_what_one_does(imports: Imports, rows: Any, settings: Settings) -> None:
    url = f"{settings.root_url}{INDIVIDUAL_V5}"

    def of_kin(number: int, other: int) -> dict[str, Any]:
        party = {"@type": "PartyRef", "id": f"i-{other}", "href": f"{url}/i-{other}", "@referredType": "Individual"}
        related = {"@type": "RelatedPartyOrPartyRole", "role": "kin", "partyOrPartyRole": party}
        return named(number, id=f"i-{number}", relatedParty=[related])

    imports.file.write_bytes(
        lines(named(0, id="i-0"), *(of_kin(n, n - 1) for n in range(1, 1800)), of_kin(1800, 9999), {})
    )
    code, told, error = imports.run("--workers", "2")
    assert code == 3, error
    assert told.startswith("1802 lines read: 1800 created, 0 there already, 2 rejected; ")
    assert [reject["line"] for reject in imports.rejects()] == [1801, 1802]
    assert {row["_id"] for row in rows()} == {f"i-{number}" for number in range(1800)}


def test_a_worker_that_dies_ends_the_import_which_goes_on(imports: Imports, mongo: Mongo) -> None:
    imports.file.write_bytes(lines(*map(named, range(4 * MANY))))
    kept = mongo["liaison_test"]["individual"]
    importing = imports.start("--workers", "2")
    eventually(lambda: kept.count_documents({}) > 0 or importing.poll() is not None, "it began")
    importing.send_signal(signal.SIGSTOP)
    for worker in workers_of(importing.pid):
        os.kill(worker, signal.SIGKILL)
    importing.send_signal(signal.SIGCONT)
    _, error = importing.communicate(timeout=60)
    assert importing.returncode == 1, error
    assert b"A worker of the import ended" in error
    assert 0 < kept.count_documents({}) < 4 * MANY
    assert imports.run()[0] == 0
    assert kept.count_documents({}) == 4 * MANY


def workers_of(process: int) -> list[int]:
    """The ids of the worker processes of an import."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(child) for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text()]


def test_what_was_kept_but_not_noted_counts_as_there(
    imports: Imports, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ndjson, "BATCH_LINES", 2)
    bad = {"@type": "Individual"}
    imports.file.write_bytes(lines(named(1), named(2), named(3, id="own"), bad, named(5)))
    saves: list[Checkpoint] = []
    save = Checkpoint.save

    def dying(checkpoint: Checkpoint, path: Path) -> None:
        saves.append(checkpoint)
        if len(saves) == 3:  # the first is made before the first batch
            raise KeyboardInterrupt
        save(checkpoint, path)

    monkeypatch.setattr(Checkpoint, "save", dying)
    assert imports.run()[0] == 1
    assert (len(rows()), len(imports.rejects())) == (3, 1)
    code, told, _ = imports.run()
    assert code == 3
    assert told.startswith("5 lines read: 3 created, 1 there already, 1 rejected; ")
    assert sorted(row["document"]["familyName"] for row in rows()) == [f"Number {n}" for n in (1, 2, 3, 5)]
    assert [reject["line"] for reject in imports.rejects()] == [4]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_stopped_ends_its_batch_and_goes_on(
    imports: Imports, mongo: Mongo, number: signal.Signals
) -> None:
    imports.file.write_bytes(lines(*map(named, range(MANY))))
    kept = mongo["liaison_test"]["individual"]
    importing = imports.start()
    eventually(lambda: kept.count_documents({}) > 0 or importing.poll() is not None, "it began")
    importing.send_signal(number)
    told, error = importing.communicate(timeout=60)
    done = kept.count_documents({})
    assert importing.returncode == 130, error
    assert told.decode().startswith(f"{done} lines read: {done} created, 0 there already, 0 rejected; ")
    assert b"Stopped: the same command goes on from here" in error
    assert 0 < done < MANY
    assert imports.run()[1].startswith(f"{MANY} lines read: {MANY} created, 0 there already, 0 rejected; ")
    assert kept.count_documents({}) == MANY


@pytest.fixture
def half(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> Imports:
    """An import that was interrupted after its first two lines."""
    with monkeypatch.context() as patched:
        patched.setattr(ndjson, "BATCH_LINES", 2)
        save = Checkpoint.save

        def dying(checkpoint: Checkpoint, path: Path) -> None:
            save(checkpoint, path)
            if checkpoint.counts.read:
                raise KeyboardInterrupt

        patched.setattr(Checkpoint, "save", dying)
        imports.file.write_bytes(lines(named(1), {}, named(3), named(4)))
        assert imports.run()[0] == 1
    return imports


def test_a_file_that_changed_is_refused_unless_it_is_imported_anew(half: Imports, rows: Any) -> None:
    whole = half.file.read_bytes()
    for changed in (whole.replace(b"Number 1", b"Number 9"), whole + lines(named(5)), whole[:-1]):
        half.file.write_bytes(changed)
        code, _, error = half.run()
        assert code == 1
        assert "individuals.ndjson has changed since its import began" in error
        assert "--anew" in error
    assert len(rows()) == 1
    assert half.run("--anew")[0] == 3
    assert len(rows()) == 4
    assert [reject["line"] for reject in half.rejects()] == [2]


def test_other_terms_are_refused(half: Imports, settings: Settings, tmp_path: Path) -> None:
    code, _, error = run(settings, "import", half.file, "--resource", "individual", "--version", "v4")
    assert code == 1
    assert "began with --resource Individual --version v5" in error
    assert "The rejects of individuals.ndjson go to" in half.run("--rejects", tmp_path / "other")[2]
    assert half.run()[0] == 3


def test_a_database_that_does_not_know_the_import_is_refused(half: Imports, mongo: Mongo) -> None:
    mongo["liaison_test"]["import"].delete_many({})
    code, _, error = half.run()
    assert code == 1
    assert "began in another database" in error
    assert half.run("--anew")[0] == 3


def test_a_file_that_is_no_reject_of_this_import_is_left_alone(imports: Imports, tmp_path: Path) -> None:
    imports.file.write_bytes(lines({}))
    precious = tmp_path / "precious"
    precious.write_text("dear")
    code, _, error = imports.run("--rejects", precious)
    assert (code, precious.read_text()) == (1, "dear")
    assert f"{precious} is there already" in error
    chosen = tmp_path / "chosen"
    assert imports.run("--rejects", chosen)[1].endswith(f"The rejected lines are in {chosen}\n")
    assert json.loads(chosen.read_bytes())["line"] == 1


def test_one_import_reads_a_file_at_a_time(imports: Imports, mongo: Mongo) -> None:
    imports.file.write_bytes(lines(*map(named, range(MANY))))
    kept = mongo["liaison_test"]["individual"]
    importing = imports.start()
    try:
        eventually(lambda: kept.count_documents({}) > 0, "it began")
        importing.send_signal(signal.SIGSTOP)
        code, _, error = imports.run()
    finally:
        importing.kill()
        importing.communicate(timeout=60)
    assert code == 1
    assert "another import reads it" in error


@pytest.mark.parametrize(("resource", "version"), [("order", "v4"), ("customer", "v6")])
def test_an_unknown_resource_is_told_with_those_there_are(
    settings: Settings, imports: Imports, resource: str, version: str
) -> None:
    imports.file.write_bytes(b"")
    code, _, error = run(settings, "import", imports.file, "--resource", resource, "--version", version)
    assert code == 1
    told, there = error.strip().split("; there are ")
    assert told.endswith(f"There is no {resource} in {version}")
    names = there.split(", ")
    assert names == sorted(set(names))
    assert {"customer v4", "customer v5", "individual v4"} <= set(names)
    assert f"{resource} {version}" not in names


def test_what_is_no_file_is_refused(imports: Imports) -> None:
    os.mkfifo(imports.file)
    held = os.open(imports.file, os.O_RDWR)
    try:
        code, _, error = imports.run()
    finally:
        os.close(held)
    assert code == 1
    assert "no regular file" in error


def test_an_empty_file_is_imported_at_once(imports: Imports) -> None:
    imports.file.write_bytes(b"")
    assert imports.run()[:2] == (0, "0 lines read: 0 created, 0 there already, 0 rejected\n")
