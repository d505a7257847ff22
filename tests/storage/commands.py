# SPDX-License-Identifier: Apache-2.0
"""Counts the commands that a client sends to the database."""

from collections import Counter
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent


class Commands(CommandListener):
    """How often a client sent a command to a collection."""

    def __init__(self) -> None:
        self.sent: Counter[tuple[str, str]] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """Count it."""
        named = event.command.get("collection" if event.command_name == "getMore" else event.command_name)
        self.sent[event.command_name, str(named)] += 1

    def succeeded(self, event: object) -> None:
        """What came of it is of no interest."""

    def failed(self, event: object) -> None:
        """What came of it is of no interest."""

    def of(self, command: str, *collections: str) -> int:
        """How many commands of this kind went to `collections`."""
        return sum(self.sent[command, each] for each in collections)

    @property
    def turns(self) -> int:
        """How often the lease was asked for."""
        return self.of("findAndModify", "lease")


def heard(uri: str, commands: Commands) -> AsyncMongoClient[dict[str, Any]]:
    """A client whose commands are counted."""
    return AsyncMongoClient(uri, tz_aware=True, w="majority", event_listeners=[commands])
