# SPDX-License-Identifier: Apache-2.0
"""Connecting to a database of one's own: what is refused, and that no message shows a password."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from app.errors import StartError
from app.settings import Settings
from app.storage.mongod.client import connect, redact, wait_for_primary
from app.storage.mongod.program import mongod_program
from app.system.children import Child
from app.system.ports import free_port


@pytest.fixture
def standalone(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a mongod that was started with the options given as parameter."""
    port = free_port()
    (tmp_path / "db").mkdir()
    options = ["--dbpath", str(tmp_path / "db"), "--port", str(port), "--nounixsocket", *request.param]
    with (tmp_path / "log").open("ab") as output:
        child = Child("mongod", [str(mongod_program(copies=tmp_path)), *options], output=output)
    try:
        with MongoClient[dict[str, Any]]("127.0.0.1", port, directConnection=True) as client:
            client.admin.command("ping")
        yield port
    finally:
        child.stop(seconds=0)


@pytest.mark.parametrize("standalone", [[]], indirect=True)
@pytest.mark.parametrize("options", ["", "?replicaSet=rs0"])
def test_a_standalone_server_is_refused_with_what_to_do(standalone: int, options: str) -> None:
    with pytest.raises(StartError, match=r"standalone.*--replSet"):
        wait_for_primary(f"mongodb://127.0.0.1:{standalone}/{options}", seconds=0.5)


@pytest.mark.parametrize("standalone", [["--replSet", "rs0"]], indirect=True)
def test_a_replica_set_that_was_not_initiated_is_refused_with_what_to_do(standalone: int) -> None:
    with pytest.raises(StartError, match=r"rs\.initiate\(\)"):
        wait_for_primary(f"mongodb://127.0.0.1:{standalone}/?replicaSet=rs0", seconds=0.5)


def test_a_replica_set_of_another_name_is_told(mongodb_uri: str) -> None:
    with pytest.raises(StartError, match=r"belongs to the replica set liaison"):
        wait_for_primary(mongodb_uri.replace("replicaSet=liaison", "replicaSet=other"), seconds=0.5)


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    uri = f"mongodb://ann:sesame@127.0.0.1:{free_port()}/?replicaSet=rs0"
    with pytest.raises(StartError, match=r"no MongoDB primary at mongodb://ann:\*\*\*@127.0.0.1") as raised:
        wait_for_primary(uri, seconds=0.2)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://ann:qq/zz@db/", "mongodb://ann:qq@zz:x@db/"])
def test_a_uri_that_is_none_is_told_without_the_password(uri: str) -> None:
    for attempt in (lambda: wait_for_primary(uri, seconds=0.2), lambda: connect(Settings(mongodb_uri=uri))):
        with pytest.raises(StartError, match="MONGODB_URI=") as raised:
            attempt()
        assert not re.search("qq|zz", str(raised.value))


def test_no_uri_at_all_is_told() -> None:
    with pytest.raises(StartError, match="MONGODB_URI is empty"):
        connect(Settings())


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://db:27017/?replicaSet=rs0", "mongodb://db:27017/?replicaSet=rs0"),
        ("mongodb://ann@db/", "mongodb://ann@db/"),
        ("mongodb://ann:p%40ss@a:1,b:2/", "mongodb://ann:***@a:1,b:2/"),
        ("mongodb+srv://ann:a:b@db/", "mongodb+srv://ann:***@db/"),
        ("mongodb://ann:a/b@c@db/", "mongodb://ann:***@db/"),
        (
            "mongodb://db/?tlsCertificateKeyFilePassword=x&tls=true",
            "mongodb://db/?tlsCertificateKeyFilePassword=***&tls=true",
        ),
    ],
)
def test_a_uri_is_shown_without_its_secrets(uri: str, shown: str) -> None:
    assert redact(uri) == shown
