# SPDX-License-Identifier: Apache-2.0
"""An operator changes a document: what is stored is told, and no server starts on it until somebody accepts it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from app.settings import Settings
from tests.scenarios.command import run
from tests.scenarios.operator import Operator
from tests.storage.filling import AT
from tests.supplier_api import SUPPLIERS, TEXT

Mongo = MongoClient[dict[str, Any]]

CHANGED = TEXT.replace("required: [id, href, name, engagedParty]", "required: [id, href, name, engagedParty, reason]")
ONE = {"name": "Cables", "engagedParty": {"id": "7", "@referredType": "Organization"}}


def test_an_operator_changes_a_document_of_data(operator: Operator, tmp_path: Path) -> None:
    document, changed = tmp_path / "served" / "supplier-v4.yaml", tmp_path / "changed" / "supplier-v4.yaml"
    for file, text in ((document, TEXT), (changed, CHANGED)):
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
    operator.chosen = {"LIAISON_APIS": str(document)}
    operator.serve("--no-relay")
    id = httpx.post(operator.url + SUPPLIERS, json=ONE).json()["id"]
    told = operator.run("spec", "check-data", "--api", str(changed))
    assert (told.returncode, told.stdout.splitlines()[-3:]) == (
        1,
        [
            "Supplier v4 (supplier): 1 of 1 documents do not conform",
            f"  {id}: /reason is mandatory",
            "1 documents checked, 1 do not conform",
        ],
    )
    operator.stop()

    operator.chosen = {"LIAISON_APIS": str(changed)}
    assert operator.start("serve", "--workers", "2").wait(60) == 2
    assert f"  {id}: /reason is mandatory" in operator.log.splitlines()
    assert "--accept" in operator.log
    operator.serve("--accept", "--no-relay")
    assert httpx.get(operator.url + SUPPLIERS).json()[0]["id"] == id


def test_a_command_that_checks_ends_with_what_it_found(settings: Settings, clean_database: str, mongo: Mongo) -> None:
    kept = {"revision": 1, "changed": AT, "created": AT}
    good = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "status": "initialized"}
    mongo[clean_database]["individual"].insert_one({"_id": "good", **kept, "document": good})
    code, out, _ = run(settings, "spec", "check-data")
    assert (code, out.splitlines()[-1]) == (0, "1 documents checked, 0 do not conform")
    bad = {**good, "birthDate": "2001-02-03T04:05:06Z", "status": "asleep", "gender": 1}
    mongo[clean_database]["individual"].insert_one({"_id": "bad", **kept, "document": bad})
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
