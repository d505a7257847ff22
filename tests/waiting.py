# SPDX-License-Identifier: Apache-2.0
"""Waits for what happens in another process or thread: asks again and again, up to a deadline."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")


def eventually(found: Callable[[], Value], what: str = "what is waited for", seconds: float = 20) -> Value:
    """The first true value of `found`; fails, saying `what` did not happen, when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"in {seconds} s this did not happen: {what}"
        time.sleep(0.02)
    return value


def gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits for its parent to notice has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # It may go between being opened and being read.
        return True
