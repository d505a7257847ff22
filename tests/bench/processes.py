# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of processes: who started whom, the CPU that they used, the memory that they hold."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PARENT, USER_TICKS, SYSTEM_TICKS = 1, 11, 12
"""Where in /proc/PID/stat these stand, behind the program's name; see proc(5)."""


def family(pid: int) -> set[int]:
    """The process and all that descend from it."""
    parents = {child: int(found[PARENT]) for child in _running() if (found := _stat(child))}
    members = {pid}
    while grown := {child for child, parent in parents.items() if parent in members} - members:
        members |= grown
    return members


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used since they began."""
    found = [stat for pid in pids if (stat := _stat(pid))]
    return sum(int(stat[USER_TICKS]) + int(stat[SYSTEM_TICKS]) for stat in found) / TICKS


def resident_megabytes(pid: int) -> float:
    """Memory that the process holds, with what it shares with others (VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def command(pid: int) -> str:
    """The command line of the process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _running() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields behind the program's name, which may hold blanks; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
