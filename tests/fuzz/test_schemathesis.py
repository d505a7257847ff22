# SPDX-License-Identifier: Apache-2.0
"""What schemathesis makes up from the served documents is answered as they say; `make fuzz` does so at length."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings, variable
from app.spec.bundle import bundle, names
from app.spec.offered_operations import SETTING
from app.spec.operations import METHODS
from tests.contract.documents import DOCUMENTS, OFFERED, base_path
from tests.serving import free_port, serving

HERE = Path(__file__).parent
LONG = os.environ.get("LIAISON_FUZZ_EXAMPLES")
"""Requests for each operation and phase of the long form, which is another one each time."""
SEED = os.environ.get("LIAISON_FUZZ_SEED") or str(random.getrandbits(64))
EACH = 72 // len(DOCUMENTS)
"""Requests for each operation and phase of the short form: one document more does not make it take longer."""
SHORT = ("--phases", "examples,fuzzing,stateful", "--generation-deterministic")


def each_value(node: Any, keyword: str) -> Iterator[str]:
    """The values of a keyword, wherever it is in a document."""
    for name, value in node.items() if isinstance(node, dict) else ():
        yield from [value] if name == keyword else each_value(value, keyword)


SWITCHED = {
    name: switched for name in names() if (switched := set(each_value(bundle(name)["paths"], SETTING)) - Settings().on)
}
"""The documents with operations that depend on settings, which are off by default: these, as their variables."""
LEAST = 50
"""Requests that the short form makes up for the smallest document at least."""

pytestmark = pytest.mark.timeout(0 if LONG else 240)


@pytest.mark.parametrize("document", OFFERED)
def test_a_made_up_request_is_answered_as_the_document_says(
    server: str, clean_database: str, tmp_path: Path, counts: dict[str, str], document: str
) -> None:
    counts[f"schemathesis: {document}"] = made_up(document, server, tmp_path)


@pytest.mark.parametrize("document", SWITCHED)
def test_a_request_made_up_for_what_a_setting_switches_on_is_answered_as_the_document_says(
    settings: Settings, clean_database: str, tmp_path: Path, counts: dict[str, str], document: str
) -> None:
    on: dict[str, Any] = {each.name: True for each in fields(settings) if variable(each) in SWITCHED[document]}
    with serving(replace(settings, port=free_port(), **on)) as server:
        counts[f"schemathesis: {document}, {', '.join(on)}"] = made_up(document, server, tmp_path)


def made_up(document: str, server: str, folder: Path) -> str:
    """Let schemathesis make up requests for a document, none of which may be answered wrongly; tells how many."""
    offered = sum(method in METHODS for path in bundle(document)["paths"].values() for method in path)
    each = LONG or str(max(EACH, 2 * LEAST // offered))
    extent = ("--max-examples", each, *(("--seed", SEED) if LONG else SHORT))
    outcome = schemathesis(f"{server}{base_path(document)}/openapi.json", *extent, folder=folder)
    told = json.loads((folder / "report.json").read_text()) if outcome.returncode in (0, 1) else {}
    assert (outcome.returncode, told.get("stop_reason")) == (0, "completed"), f"seed {SEED}\n{outcome.stdout}"
    requests = told["test_cases"]["generated"]
    assert not told["test_cases"]["errored"], "a check or a hook failed itself, which ends no run with an error"
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
