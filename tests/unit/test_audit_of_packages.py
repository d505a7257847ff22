# SPDX-License-Identifier: Apache-2.0
"""The audit of packages: a known vulnerability fails, and where nobody can be asked that is told, and no failure."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit.py"
CLEAN: dict[str, Any] = {"name": "flask", "version": "3.1.3", "vulns": []}
UNKNOWN: dict[str, Any] = {"name": "liaison", "skip_reason": "distribution marked as editable"}
BAD: dict[str, Any] = {
    "name": "left",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}, {"id": "PYSEC-2026-2", "fix_versions": []}],
}


@pytest.mark.parametrize(
    ("found", "exit_code", "said"),
    [
        ([CLEAN, UNKNOWN], 0, "Known vulnerabilities: 0 in 1 packages; 1 more were not found"),
        ([CLEAN, BAD], 1, "left 1.0: PYSEC-2026-1, fixed in 1.1\nleft 1.0: PYSEC-2026-2, fixed in no version"),
        ([UNKNOWN], 0, "nobody could be asked"),
        (None, 0, "nobody could be asked. Failed to resolve 'pypi.org'"),
    ],
)
def test_the_audit_says_what_it_found(tmp_path: Path, found: list[Any] | None, exit_code: int, said: str) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    answer = f"echo '{json.dumps({'dependencies': found})}'" if found else "echo \"Failed to resolve 'pypi.org'\" >&2"
    (tmp_path / "pip-audit").write_text(f"#!/bin/sh\n{answer}\nexit 1\n")
    (tmp_path / "pip-audit").chmod(0o755)
    audit = subprocess.run([tmp_path / "python", AUDIT], capture_output=True, text=True)
    assert (audit.returncode, said in audit.stdout + audit.stderr) == (exit_code, True), audit.stderr
