#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an installed package has a known vulnerability; where nobody can be asked, it says so and goes on.

It runs the `pip-audit` beside the Python that runs it. Options are handed on, such as `--ignore-vuln ID`.
"""

import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """The exit code: 1 for a vulnerability that is known."""
    command = [Path(sys.executable).parent / "pip-audit", "--skip-editable", "--format=json", *sys.argv[1:]]
    audit = subprocess.run(command, capture_output=True, text=True)
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except ValueError:
        reason = (audit.stderr.strip().splitlines() or [f"exit code {audit.returncode}"])[-1]
        print(f"Known vulnerabilities: nobody could be asked. {reason[:200]}", file=sys.stderr)
        return 0
    found = [(each, vulnerability) for each in packages for vulnerability in each.get("vulns", ())]
    for package, vulnerability in found:
        fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
        print(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}", file=sys.stderr)
    unknown = sum("vulns" not in each for each in packages)
    if unknown == len(packages):
        print("Known vulnerabilities: nobody could be asked. PyPI, as it is here, knows none of the packages")
        return 0
    print(f"Known vulnerabilities: {len(found)} in {len(packages) - unknown} packages; {unknown} more were not found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
