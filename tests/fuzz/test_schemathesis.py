# SPDX-License-Identifier: Apache-2.0
"""What schemathesis makes up from the served documents is answered as they say; `make fuzz` does so at length."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.settings import Settings
from tests.contract.documents import DOCUMENTS, OFFERED, base_path
from tests.serving import free_port, serving

HERE = Path(__file__).parent
LONG = os.environ.get("LIAISON_FUZZ_EXAMPLES")
"""Requests for each operation and phase of the long form, which is another one each time."""
SEED = os.environ.get("LIAISON_FUZZ_SEED") or str(random.getrandbits(64))
EACH = str(72 // len(DOCUMENTS))
"""Requests for each operation and phase of the short form: one document more does not make it take longer."""
SHORT = ("--phases", "examples,fuzzing,stateful", "--max-examples", EACH, "--generation-deterministic")
LEAST = 50
"""Requests that the short form makes up for the smallest document at least."""

pytestmark = pytest.mark.timeout(0 if LONG else 120)


@pytest.mark.parametrize("document", OFFERED)
def test_a_made_up_request_is_answered_as_the_document_says(
    server: str, clean_database: str, tmp_path: Path, counts: dict[str, str], document: str
) -> None:
    counts[f"schemathesis: {document}"] = made_up(f"{server}{base_path(document)}", tmp_path)


def test_a_request_made_up_for_open_topics_is_answered_as_the_document_says(
    settings: Settings, clean_database: str, tmp_path: Path, counts: dict[str, str]
) -> None:
    with serving(replace(settings, port=free_port(), open_topics=True)) as server:
        counts["schemathesis: event-v4, open"] = made_up(f"{server}{base_path('event-v4')}", tmp_path)


def made_up(api: str, folder: Path) -> str:
    """Let schemathesis make up requests to the `api`, none of which may be answered wrongly; tells how many."""
    extent = ("--max-examples", LONG, "--seed", SEED) if LONG else SHORT
    outcome = schemathesis(f"{api}/openapi.json", *extent, folder=folder)
    told = json.loads((folder / "report.json").read_text()) if outcome.returncode in (0, 1) else {}
    assert (outcome.returncode, told.get("stop_reason")) == (0, "completed"), f"seed {SEED}\n{outcome.stdout}"
    requests = told["test_cases"]["generated"]
    assert requests >= LEAST
    assert told["operations"]["tested"] == told["operations"]["total"]
    return f"{requests} requests" + (f", seed {SEED}" if LONG else "")


def schemathesis(url: str, *extent: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run schemathesis on the document at `url` in an empty folder, in which it leaves report.json."""
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run", url]
    report = ["--no-color", "--report", "json", "--report-json-path", str(folder / "report.json")]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "NO_PROXY": "*"}
    return subprocess.run(
        [*program, *report, *extent], cwd=folder, env=environment, check=False, text=True, capture_output=True
    )
