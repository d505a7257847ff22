# SPDX-License-Identifier: Apache-2.0
"""An operator changes a document: what is stored is told, and no server starts on it until somebody accepts it."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.composition import supervisor
from app.errors import StartError
from app.settings import Settings
from tests.paths import CUSTOMER
from tests.scenarios.command import run
from tests.scenarios.operator import Operator
from tests.serving import free_port
from tests.storage.filling import AT
from tests.supplier_api import TEXT

SLOW_SERVER = """
import os, time
from http.server import BaseHTTPRequestHandler, HTTPServer
class Alive(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
time.sleep(1)
HTTPServer(("127.0.0.1", int(os.environ["LIAISON_PORT"])), Alive).serve_forever()
"""
Mongo = MongoClient[dict[str, Any]]

CHANGED = TEXT.replace("required: [id, href, name, engagedParty]", "required: [id, href, name, engagedParty, reason]")
ONE = {"name": "Cables", "engagedParty": {"id": "7", "@referredType": "Organization"}}
KEPT = {"revision": 1, "changed": AT, "created": AT}
LIFECYCLES = "Customer: {initial: Lead, moves: {Lead: [Active], Active: []}}"


@pytest.fixture
def own_database(mongodb_uri: str, mongo: Mongo) -> Iterator[dict[str, str]]:
    """The settings of servers on a database of their own."""
    name = "liaison_changing"
    yield {"MONGODB_URI": mongodb_uri, "LIAISON_DATABASE": name, "LIAISON_RELAY": "false"}
    mongo.drop_database(name)


def test_an_operator_changes_what_is_served_of_data_that_are_there(
    operator: Operator, own_database: dict[str, str], tmp_path: Path
) -> None:
    operator.chosen = own_database
    operator.serve()
    id = httpx.post(operator.url + CUSTOMER, json=ONE).json()["id"]
    (tmp_path / "lifecycles.yaml").write_text(LIFECYCLES, encoding="utf-8")
    operator.chosen = {**own_database, "LIAISON_LIFECYCLES": str(tmp_path / "lifecycles.yaml")}
    reason = f"  {id}: /status 'Created' is not a known status; it is one of: Lead, Active"
    told = operator.run("spec", "check-data")
    assert (told.returncode, told.stdout.splitlines()[-1]) == (1, "1 documents checked, 1 do not conform")
    assert told.stdout.splitlines().count(reason) == 2
    operator.stop()

    assert operator.start("serve", "--workers", "2").wait(60) == 2
    assert reason in operator.log.splitlines()
    assert "--accept" in operator.log
    operator.serve("--accept")
    assert httpx.get(operator.url + CUSTOMER).json()[0]["id"] == id


def test_data_of_own_apis_are_held_to_a_document_that_is_not_served_yet(
    settings: Settings, clean_database: str, mongo: Mongo, tmp_path: Path
) -> None:
    (tmp_path / "supplier-v4.yaml").write_text(CHANGED, encoding="utf-8")
    document = {**ONE, "@type": "Supplier", "status": "initialized"}
    mongo[clean_database]["supplier"].insert_one({"_id": "1", **KEPT, "document": document})
    code, out, _ = run(settings, "spec", "check-data", "--api", tmp_path)
    assert code == 1
    assert out.splitlines()[-3:] == [
        "Supplier v4 (supplier): 1 of 1 documents do not conform",
        "  1: /reason is mandatory",
        "1 documents checked, 1 do not conform",
    ]


def test_a_command_that_checks_ends_with_what_it_found(settings: Settings, clean_database: str, mongo: Mongo) -> None:
    good = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "status": "initialized"}
    mongo[clean_database]["individual"].insert_one({"_id": "good", **KEPT, "document": good})
    code, out, _ = run(settings, "spec", "check-data")
    assert (code, out.splitlines()[-1]) == (0, "1 documents checked, 0 do not conform")
    bad = {**good, "birthDate": "2001-02-03T04:05:06Z", "status": "asleep", "gender": 1}
    mongo[clean_database]["individual"].insert_one({"_id": "bad", **KEPT, "document": bad})
    code, out, _ = run(settings, "spec", "check-data")
    assert (code, out.splitlines()[-1]) == (1, "2 documents checked, 1 do not conform")
    for version in ("v4", "v5"):
        assert f"Individual {version} (party): 1 of 2 documents do not conform" in out
    assert "/birthDate is a date-time and kept as the text '2001-02-03T04:05:06Z'" in out
    assert "/status 'asleep' is not a known status" in out
    assert "/gender must be a string, not 1" in out


def test_what_cannot_be_checked_ends_with_2(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, "spec", "check-data", "--surplus")[0] == 2
    assert run(replace(settings, mongodb_uri="", data=str(tmp_path / "none")), "spec", "check-data")[0] == 2
    (tmp_path / "wrong-v4.yaml").write_text("no: document", encoding="utf-8")
    code, _, told = run(settings, "spec", "check-data", "--api", tmp_path)
    assert code == 2
    assert "wrong-v4.yaml" in told


def test_a_supervisor_waits_for_its_server_as_long_as_documents_are_checked(
    settings: Settings, clean_database: str, mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SERVING_SECONDS", 0.2)
    monkeypatch.setattr(supervisor, "CHECKING_SECONDS", 0.2)
    commands = supervisor.Commands(server=[sys.executable, "-c", SLOW_SERVER], relay=[])

    def serve() -> int:
        own = replace(settings, port=free_port())
        monkeypatch.setenv("LIAISON_PORT", str(own.port))
        return supervisor.serve(own, lambda _url: os.kill(os.getpid(), signal.SIGTERM), lambda _settings: commands)

    mongo[clean_database]["deployment"].insert_one({"_id": "check", "at": datetime.now(UTC)})
    assert serve() == 0
    mongo[clean_database]["deployment"].delete_one({"_id": "check"})
    with pytest.raises(StartError, match="did not answer"):
        serve()
