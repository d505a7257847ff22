# SPDX-License-Identifier: Apache-2.0
"""CONTRIBUTING.md leads to one more API: a document with its lifecycle, and ten lines of Python that nothing lists."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.settings import Settings
from tests.adopting import crud, ship, swagger
from tests.published import PUBLISHED
from tests.scenarios.operator import Operator

ROOT = Path(__file__).parents[2]
TEXT = {"type": "string"}
MADE_UP = swagger(
    {name.replace("Ship", "PartyAccount"): each for name, each in ship(name=TEXT, state=TEXT).items()},
    crud("PartyAccount", without="put"),
    info={"title": "Account Management", "version": "4.0.0", "description": "TMF666"},
    basePath="/tmf-api/accountManagement/v4/",
)
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"
MOVES: dict[str, list[str]] = {"Defined": ["Active"], "Active": ["Closed"], "Closed": []}
LIFECYCLE = {"field": "state", "initial": "Defined", "moves": MOVES}
BODY = {"name": "Main", "relatedParty": [{"id": "7", "name": "Jane", "role": "owner", "@referredType": "Individual"}]}


@pytest.fixture
def contributor(tmp_path: Path, settings: Settings, clean_database: str) -> Iterator[Operator]:
    """Who works in a copy of the sources, on the tests' MongoDB."""
    for folder in ("app", "openapi"):
        shutil.copytree(ROOT / folder, tmp_path / "tree" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    chosen = {"MONGODB_URI": settings.mongodb_uri, "LIAISON_DATABASE": clean_database, "LIAISON_RELAY": "false"}
    contributor = Operator(tmp_path / "data", chosen=chosen, tree=tmp_path / "tree")
    try:
        yield contributor
    finally:
        contributor.stop()


@pytest.fixture
def document(contributor: Operator, tmp_path: Path) -> dict[str, Any]:
    """What is adopted of TMF666, or of a document that is made up like it."""
    found = [path for path in PUBLISHED if path.name.startswith("TMF666-")]
    if not found:
        found = [tmp_path / "TMF666-Account-v4.0.0.swagger.json"]
        found[0].write_text(json.dumps(MADE_UP), encoding="utf-8")
    command = [sys.executable, "-m", "app.cli", "spec", "adopt", str(found[0]), "--out", "openapi"]
    subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=contributor.tree)
    return dict(yaml.safe_load((tmp_path / "tree/openapi/accountManagement-v4.yaml").read_text(encoding="utf-8")))


def test_one_document_and_ten_lines_are_one_more_api(
    contributor: Operator, document: dict[str, Any], tmp_path: Path
) -> None:
    declared = document["x-tmf-resources"]["PartyAccount"]
    declared |= {"x-lifecycle": LIFECYCLE, "x-indexes": [["name"], ["state"]]}
    declared["x-created"].pop("state")
    document["x-tmf-resources"] = {"PartyAccount": declared}
    text = yaml.safe_dump(document, sort_keys=False)
    (tmp_path / "tree/openapi/accountManagement-v4.yaml").write_text(text, encoding="utf-8")
    module = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    assert len(list(filter(None, module.splitlines()))) <= 10
    (tmp_path / "tree/app/apis/account.py").write_text(module, encoding="utf-8")

    contributor.serve()
    with httpx.Client(base_url=contributor.url) as client:
        answer = client.post(ACCOUNTS, json=BODY)
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "Defined"
        href = answer.json()["href"]
        assert client.patch(href, json={"state": "Closed"}).status_code == 409
        assert client.patch(href, json={"state": "Active"}).json()["state"] == "Active"
        assert [each["href"] for each in client.get(ACCOUNTS, params={"state": "Active"}).json()] == [href]
        assert client.get(ACCOUNTS, params={"state": "Defined"}).json() == []
