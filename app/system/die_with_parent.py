# SPDX-License-Identifier: Apache-2.0
"""Becomes another program that ends when its parent does: `python die_with_parent.py PARENT-PID COMMAND…`.

It is killed: one that ends in order when nobody waits for that would still hold ports and files that its parent's
successor wants. All that is started so survives a kill without a loss.

Only Linux tells a process that its parent is gone; elsewhere the program runs on. A script of its own
because the same done between fork and exec is not safe in a process that has threads.
"""

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2); the setting survives the change of program."""


def die_with_parent(parent: int) -> bool:
    """Have this process killed when the thread that started it ends (PR_SET_PDEATHSIG of prctl(2)).

    Answers whether the process `parent` that started it is still there: of a parent that died before, nothing tells.
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
