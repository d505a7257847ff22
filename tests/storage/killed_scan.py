# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.storage.killed_scan URI DATABASE WRITE WHEN`: a scan that is killed at one of its writes, `within`
its transaction or `behind` it."""

import asyncio
import os
import signal
import sys
from typing import Any

from app.identity.matching import load_rules
from app.identity.party_rules import PartyRules
from app.identity.scanning import scan
from app.settings import Settings
from app.storage.mongod.client import connect
from app.storage.mongod.transactions import transact


class Killing:
    """Transactions, of which one is the end."""

    def __init__(self, write: int, when: str) -> None:
        self._left, self._when = write, when

    async def transact(self, database: Any, work: Any, *seconds: float) -> Any:
        """As `transact`; within or behind the one that was chosen, the process is killed."""
        self._left -= 1
        if self._left == 0 and self._when == "within":

            async def cut_short(session: Any) -> None:
                await work(session)
                os.kill(os.getpid(), signal.SIGKILL)

            await transact(database, cut_short, *seconds)
        result = await transact(database, work, *seconds)
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


async def main(uri: str, name: str, write: int, when: str) -> None:
    """Scan the individuals of a database."""
    scan.transact = Killing(write, when).transact  # type: ignore[assignment, attr-defined]
    rules = PartyRules(load_rules(""), ["Individual"])
    chosen = scan.ScanSettings(rules, "", workers=1, checkpoint_seconds=0)
    async with connect(Settings(mongodb_uri=uri)) as client:
        await scan.Scan(client[name], "Individual", chosen).run(asyncio.Event(), lambda _: None, lambda _: None)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
