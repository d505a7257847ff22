# SPDX-License-Identifier: Apache-2.0
"""The writes of a process to its database, as the driver sends them: each is counted, and at one the process is killed.

A write is a command that writes outside of a transaction, or a whole transaction. Leases do not count: they are taken
again whatever happens.
"""

import json
import os
import signal
from dataclasses import dataclass

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

BEFORE, WITHIN, AFTER = "before", "within", "after"
"""Before it is sent; when a transaction has written, and is not committed; after it is acknowledged."""

COMMANDS = {"insert", "update", "delete", "findAndModify"}
TRANSACTION = "transaction"


@dataclass(frozen=True)
class Kill:
    """A kill of a process at its write with this number, counted from 1; 0 is none."""

    where: str
    write: int

    def __str__(self) -> str:
        return f"{self.where} write {self.write}"


NOWHERE = Kill(BEFORE, 0)


class CountedWrites(CommandListener):
    """Counts writes, notes each in a file as a line of JSON, and kills this process at one."""

    def __init__(self) -> None:
        self.kill = NOWHERE
        self.file = -1
        self._count = 0
        self._sent: set[int] = set()

    def started(self, event: CommandStartedEvent) -> None:
        """A command is about to be sent."""
        command, name = event.command, event.command_name
        if name == "commitTransaction":
            self._sent.add(event.request_id)
            self._die_at(WITHIN)
        elif command.get("startTransaction"):
            self._note(TRANSACTION)
        elif name in COMMANDS and "autocommit" not in command and command[name] != "lease":
            self._note(f"{name} {command[name]}")
            self._sent.add(event.request_id)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """A command is acknowledged."""
        if event.request_id in self._sent:
            self._die_at(AFTER)

    def failed(self, event: CommandFailedEvent) -> None:
        """A command has failed, which is the business of whoever sent it."""

    def _note(self, write: str) -> None:
        self._count += 1
        os.write(self.file, (json.dumps(write) + "\n").encode())
        self._die_at(BEFORE)

    def _die_at(self, where: str) -> None:
        if self.kill == Kill(where, self._count):
            os.kill(os.getpid(), signal.SIGKILL)
