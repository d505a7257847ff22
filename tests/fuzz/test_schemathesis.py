"""What schemathesis makes up from the served documents is answered as they say; `make fuzz` does so at length."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.documents import DOCUMENTS, base_path

HERE = Path(__file__).parent
LONG = os.environ.get("LIAISON_FUZZ_EXAMPLES")
"""Requests for each operation and phase of the long form, which is another one each time."""
SEED = os.environ.get("LIAISON_FUZZ_SEED") or str(random.getrandbits(64))
SHORT = ("--phases", "examples,fuzzing,stateful", "--max-examples", "10", "--generation-deterministic")
LEAST = 75
"""Requests that the short form makes up for the smallest document at least."""

pytestmark = pytest.mark.timeout(0 if LONG else 120)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_made_up_request_is_answered_as_the_document_says(
    server: str, clean_database: str, tmp_path: Path, counts: dict[str, str], document: str
) -> None:
    extent = ("--max-examples", LONG, "--seed", SEED) if LONG else SHORT
    outcome = schemathesis(f"{server}{base_path(document)}/openapi.json", *extent, folder=tmp_path)
    told = json.loads((tmp_path / "report.json").read_text()) if outcome.returncode in (0, 1) else {}
    assert (outcome.returncode, told["stop_reason"]) == (0, "completed"), f"seed {SEED}\n{outcome.stdout}"
    made_up = told["test_cases"]["generated"]
    counts[document] = f"{made_up} requests" + (f", seed {SEED}" if LONG else "")
    assert made_up >= LEAST
    assert told["operations"]["tested"] == told["operations"]["total"]


def schemathesis(url: str, *extent: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run schemathesis on the document at `url` in an empty folder, in which it leaves report.json."""
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run", url]
    report = ["--no-color", "--report", "json", "--report-json-path", str(folder / "report.json")]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), "NO_PROXY": "*"}
    return subprocess.run(
        [*program, *report, *extent], cwd=folder, env=environment, check=False, text=True, capture_output=True
    )
