# SPDX-License-Identifier: Apache-2.0
"""The page on TMF630 keeps its word: its curl lines are understood, in the order in which they stand."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.contract.answers import created
from tests.contract.bodies import individual
from tests.paths import INDIVIDUAL_V5

PAGE = (Path(__file__).parents[2] / "docs" / "tmf630.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\$ (curl .*)$", PAGE, re.MULTILINE)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl found; on Debian: apt-get install curl")
@pytest.mark.parametrize("line", LINES)
def test_a_curl_line_works_as_printed(client: httpx.Client, line: str) -> None:
    shown = created(client, INDIVIDUAL_V5, individual(**{"@type": "Individual"}))
    line = line.replace("http://127.0.0.1:8080", str(client.base_url).rstrip("/"))
    line = line.replace("{id}", shown["id"]).replace("{etag}", client.get(shown["href"]).headers["etag"])
    status = ["--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}"]
    done = subprocess.run([*shlex.split(line), *status], check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout in ("200", "201", "206")


def test_there_are_examples_of_each_kind() -> None:
    told = " ".join(LINES)
    assert all(word in told for word in ("filter=", "sort=", "Prefer:", "If-Match:", "Idempotency-Key:"))
