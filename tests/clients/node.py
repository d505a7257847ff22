# SPDX-License-Identifier: Apache-2.0
"""Node.js and its packages, for the tests of what others make of ours."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NPM, NODE = shutil.which("npm"), shutil.which("node")
REQUIRED = os.environ.get("LIAISON_TEST_REQUIRE_NODE") == "1"
"""Whether a missing Node.js fails the tests that need it, instead of skipping them."""

NEEDED = pytest.mark.skipif(
    not (NPM and NODE) and not REQUIRED, reason="no Node.js found; on Debian: apt-get install npm"
)
"""For the tests that need it."""

_QUIETLY = ("--no-audit", "--no-fund", "--ignore-scripts", "--silent")


def run(folder: Path, *command: str) -> None:
    """Run a command in a folder; fails with what it said if it fails."""
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert told.returncode == 0, f"{' '.join(command)}\n{told.stdout}\n{told.stderr}"


def install(folder: Path) -> None:
    """Install what the `package.json` in a folder names."""
    assert NPM, "Node.js is required here and not installed; on Debian: apt-get install npm"
    run(folder, NPM, "install", "--no-package-lock", "--prefer-offline", *_QUIETLY)
