# SPDX-License-Identifier: Apache-2.0
"""What the processes of a server take: CPU time and memory, as the kernel counts them."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


def resident_megabytes(pids: list[int]) -> float:
    """The memory of processes that is in use, shared pages by halves: the proportional set size."""
    return sum(_proportional(pid) for pid in pids) / 1024


def cpu_seconds(pids: list[int]) -> float:
    """The CPU time that processes have taken so far, in user and system mode."""
    return sum(_ticks(pid) for pid in pids) / TICKS


def name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
