# SPDX-License-Identifier: Apache-2.0
"""An operator archives, looks into the archive, brings back and purges: `liaison archive`, `liaison retention`."""

import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pymongo import MongoClient

from app.domain import dates
from app.settings import Settings
from tests.contract.answers import created, patched
from tests.contract.bodies import customer, individual
from tests.contract.draining import draining
from tests.paths import CUSTOMER, INDIVIDUAL_V5, LEGAL_HOLD
from tests.scenarios.command import run

Mongo = MongoClient[dict[str, Any]]
PASSPORT = {"@type": "IndividualIdentification", "identificationType": "passport", "identificationId": "NL 4711-x"}


@pytest.fixture
def operator(settings: Settings, clean_database: str, tmp_path: Path) -> Settings:
    """The settings of an operator with a key, and with a directory for the archive."""
    key = Fernet.generate_key().decode()
    return dataclasses.replace(settings, secrets_key=key, archive=f"file:{tmp_path / 'archive'}")


@pytest.fixture
def ended(operator: Settings, client: httpx.Client) -> dict[str, Any]:
    """A customer whose relationship has ended, with a party that has a passport; all that is logged."""
    party = created(client, INDIVIDUAL_V5, individual(individualIdentification=[PASSPORT], **{"@type": "Individual"}))
    engaged = {"id": party["id"], "@referredType": "Individual"}
    shown = created(client, CUSTOMER, customer(status="Closed", engagedParty=engaged))
    with draining(operator) as drain:
        drain()
    return shown


def test_a_customer_is_archived_found_verified_and_brought_back(
    operator: Settings, ended: dict[str, Any], client: httpx.Client, tmp_path: Path
) -> None:
    code, told, error = run(operator, "archive", "put", ended["id"], "--reason", "Asked for")
    assert code == 0, error
    bundle = told.partition(":")[0]
    assert told == f"{bundle}: 1 Customer, 1 events\n"
    assert client.get(ended["href"]).status_code == 410
    for identifier, found in (("nl4711-X", True), ("nl4712", False)):
        assert (bundle in run(operator, "archive", "list", "--identifier", identifier)[1]) is found
    assert f"Customer {ended['id']}" in run(operator, "archive", "list")[1]
    document = json.loads(run(operator, "archive", "show", ended["id"])[1])
    assert document["id"] == bundle
    assert document["sealed"] is True
    assert document["statusReason"] == "Asked for"
    assert run(operator, "archive", "verify")[:2] == (0, f"{bundle}: whole\n1 bundles verified\n")
    code, _, error = run(operator, "archive", "purge", bundle)
    assert (code, "must be kept until" in error) == (1, True)

    assert run(operator, "archive", "restore", ended["id"])[:2] == (0, f"{bundle}: restored\n")
    assert client.get(ended["href"]).json() == ended


def test_a_bundle_that_was_changed_is_told(operator: Settings, ended: dict[str, Any], tmp_path: Path) -> None:
    run(operator, "archive", "put", ended["id"])
    (file,) = (tmp_path / "archive").iterdir()
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    code, told, _ = run(operator, "archive", "verify", ended["id"])
    assert (code, "its digest is not the registered one" in told) == (1, True)
    code, _, error = run(operator, "archive", "restore", ended["id"])
    assert (code, "its digest is not the registered one" in error) == (1, True)


def test_what_is_due_is_told_and_done_but_what_is_held(
    operator: Settings, ended: dict[str, Any], client: httpx.Client, mongo: Mongo
) -> None:
    due = ("retention", "due")
    assert run(operator, *due, "--dry-run")[:2] == (0, "0 due\n")
    long_ago = dates.now() - timedelta(days=367)
    mongo[operator.database]["customer"].update_one({"_id": ended["id"]}, {"$set": {"changed": long_ago}})
    line = f"customer: archive Customer {ended['id']}, due since"
    assert line in run(operator, *due, "--dry-run")[1]
    assert client.get(ended["href"]).status_code == 200

    held = [{"@type": "EntityRef", "id": ended["id"], "@referredType": "Customer"}]
    hold = created(client, LEGAL_HOLD, {"@type": "LegalHold", "reason": "x", "placedBy": "Legal", "heldEntity": held})
    assert f"kept, as it is held by the LegalHold {hold['id']}" in run(operator, *due)[1]
    patched(client, hold, {"status": "released", "statusReason": "Settled", "releasedBy": "Legal"})
    assert "archived in" in run(operator, *due)[1]
    assert client.get(ended["href"]).status_code == 410

    bundles = mongo[operator.database]["archiveBundle"]
    past = {"document.retainUntil": long_ago, "document.statusDate": long_ago - timedelta(days=3660)}
    bundles.update_one({}, {"$set": past})
    assert "purged" in run(operator, *due)[1]
    assert client.get(ended["href"]).status_code == 404
    assert run(operator, *due)[1] == "0 due\n"


def test_what_is_not_there_is_told(operator: Settings, clean_database: str) -> None:
    assert run(operator, "archive", "list")[1] == "There is no such bundle\n"
    for command in ("show", "verify", "restore", "purge", "put"):
        code, _, error = run(operator, "archive", command, "nobody")
        assert (code, "nobody" in error) == (1, True), command
