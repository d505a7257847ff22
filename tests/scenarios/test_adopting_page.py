# SPDX-License-Identifier: Apache-2.0
"""docs/adopting.md keeps its word: its commands lead from a published file to a served API, as printed."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from tests.adopting import crud, ship, swagger
from tests.published import PAGE, PUBLISHED
from tests.scenarios.operator import Operator

TEXT = {"type": "string"}
STATES = {"type": "string", "enum": ["acknowledged", "resolved", "closed"]}
MADE_UP = swagger(
    {
        name.replace("Ship", "TroubleTicket"): each
        for name, each in ship(ticketType=TEXT, severity=TEXT, description=TEXT, status=STATES).items()
    },
    crud("TroubleTicket", without="put"),
    info={"title": "Trouble Ticket", "version": "4.0.0", "description": "TMF621"},
    basePath="/tmf-api/troubleTicket/v4/",
)
COMMANDS = re.findall(r"^\$ (.*)$", PAGE.read_text(encoding="utf-8").split("## From a published")[1], re.MULTILINE)


@pytest.fixture
def reader(tmp_path: Path, settings: Settings, clean_database: str) -> Iterator[Operator]:
    """Who follows the page in a directory with the published file, on the tests' MongoDB."""
    for path in PUBLISHED:
        if path.name.startswith("TMF621-"):
            shutil.copy(path, tmp_path)
    file = tmp_path / "TMF621-TroubleTicket-v4.0.0.swagger.json"
    if not file.exists():
        file.write_text(json.dumps(MADE_UP), encoding="utf-8")
    chosen = {"MONGODB_URI": settings.mongodb_uri, "LIAISON_DATABASE": clean_database, "LIAISON_RELAY": "false"}
    reader = Operator(tmp_path / "data", chosen=chosen, tree=tmp_path)
    try:
        yield reader
    finally:
        reader.stop()


def result(reader: Operator, line: str) -> str:
    """What a command prints, as it is printed on the page."""
    own = line.replace("http://127.0.0.1:8080", reader.url)
    done = subprocess.run(shlex.split(own), capture_output=True, text=True, timeout=60, cwd=reader.tree, check=True)
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl found; on Debian: apt-get install curl")
def test_the_commands_of_the_page_work_as_printed(reader: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    adopt, serve, create, find, register = COMMANDS
    assert "apis/troubleTicket-v4.yaml" in result(reader, adopt)
    assert shlex.split(serve)[:2] == ["liaison", "serve"]
    reader.serve(*shlex.split(serve)[2:])
    made: dict[str, Any] = json.loads(result(reader, create))
    assert made["status"] == "acknowledged"
    assert json.loads(result(reader, find)) == [made]
    assert json.loads(result(reader, register))["query"] == "eventType=TroubleTicketStateChangeEvent"
