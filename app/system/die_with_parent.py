# SPDX-License-Identifier: Apache-2.0
"""Runs a program that is killed when its parent ends: `python die_with_parent.py PARENT-PID COMMAND…`.

It is killed, as an orderly end would still hold ports and files that the parent's successor needs. All programs that
are started in this way survive a kill without loss.

Only Linux signals the death of a parent; elsewhere the program runs on. This is a script of its own, as the same
between fork and exec is not safe in a process with threads.
"""

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2); the setting survives the change of program."""


def die_with_parent(parent: int) -> bool:
    """Have this process killed when the thread that started it ends (PR_SET_PDEATHSIG of prctl(2)).

    Returns whether the process `parent` that started it still exists: a parent that died before gives no signal.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, ctypes.c_ulong(signal.SIGKILL))
    return os.getppid() == parent


def become(parent: int, command: list[str]) -> None:
    """Run `command` in the place of this process; end at once when `parent` is already gone."""
    if not die_with_parent(parent):
        sys.exit(f"{command[0]}: the process that wanted it has ended")
    os.execvp(command[0], command)


if __name__ == "__main__":
    become(parent=int(sys.argv[1]), command=sys.argv[2:])
