# SPDX-License-Identifier: Apache-2.0
"""A child that is started before its environment is known: it loads its libraries, and is then told the rest."""

import json
import os
import sys
from collections.abc import Mapping, Sequence

from app.system.children import Child

STOP_SECONDS = 1.0


class EarlyChild:
    """Starts a child early, and again, with its environment, whenever it has ended."""

    def __init__(self, name: str, command: Sequence[str], early: Sequence[str], inherited: Sequence[int] = ()) -> None:
        """Start `command` with the arguments `early`, which make it call `await_environment`; without any, not yet.

        It gets the descriptors `inherited`.
        """
        self._name, self._command, self._inherited = name, command, inherited
        self._waiting = Child(name, [*command, *early], inherited=inherited, listens=True) if early else None

    def start(self, environment: Mapping[str, str]) -> Child:
        """Tell the waiting child its environment, or start another one with it."""
        child, self._waiting = self._waiting, None
        if child is None or child.ended():
            return Child(self._name, self._command, environment, inherited=self._inherited)
        child.tell(json.dumps(dict(environment)))
        return child

    def stop(self) -> None:
        """Stop the child if it still waits."""
        if self._waiting is not None:
            self._waiting.stop(STOP_SECONDS)


def await_environment() -> None:
    """In the child: wait for its environment, and put it in the place of that which it was started with.

    It ends when there is none to come, as the parent stops.
    """
    told = sys.stdin.read()
    if not told:
        sys.exit("the process that wanted this one stops")
    os.environ.clear()
    os.environ.update(json.loads(told))
