# SPDX-License-Identifier: Apache-2.0
"""The README keeps its word: what it prints works as printed, and its table of settings is complete."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from app.composition.api_resources import api_versions
from app.settings import Settings, listing

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl found; on Debian: apt-get install curl")
def test_the_curl_lines_work_as_printed(client: httpx.Client) -> None:
    lines = re.findall(r"^\$ (curl .*)$", README, re.MULTILINE)
    assert len(lines) == 3
    answers = []
    for line in lines:
        command = shlex.split(line.replace("http://127.0.0.1:8080", str(client.base_url).rstrip("/")))
        answers.append(json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout))
    individual, customer, found = answers
    assert individual["status"] == "initialized"
    assert customer["status"] == "Created"
    assert [(each["id"], each["name"], each["status"]) for each in found] == [(customer["id"], "Jane Smith", "Created")]


def test_the_table_of_settings_is_complete() -> None:
    table = README.split("<!-- settings -->")[1].split("<!-- /settings -->")[0]
    rows = [f"| `{name}` | {f'`{default}`' if default else ''} | {help} |" for name, default, help in listing()]
    assert table.strip().splitlines()[2:] == rows, "make it with: liaison settings --markdown"


def test_the_lifecycle_of_the_readme_can_be_deployed(tmp_path: Path) -> None:
    file = tmp_path / "lifecycles.yaml"
    file.write_text(re.sub("^  ", "", README.split("```yaml\n")[1].split("```")[0], flags=re.MULTILINE))
    customer = next(part for part in api_versions(Settings(lifecycles=str(file))) if "Customer" in part.resources)
    assert customer.resources["Customer"].lifecycle.initial == "Lead"
