# SPDX-License-Identifier: Apache-2.0
"""Brings about races: who calls a method is halted, and it is noted when a transaction meets another."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from pymongo.monitoring import CommandFailedEvent, CommandListener

WRITE_CONFLICT = 112


class Conflicts(CommandListener):
    """Notes that a transaction met another one that holds a row."""

    def __init__(self) -> None:
        self.met = asyncio.Event()

    def started(self, event: object) -> None:
        """Nothing is known of it yet."""

    def succeeded(self, event: object) -> None:
        """It met nobody."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Note it."""
        if event.failure.get("code") == WRITE_CONFLICT:
            self.met.set()


class Halt:
    """Halts whoever calls a method, before or after it does what it does, until they may go on or fail with `error`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, *, after: bool = False) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None
        method = getattr(owner, name)

        async def halting(*arguments: Any, **named: Any) -> Any:
            done = await method(*arguments, **named) if after else None
            self.reached.set()
            await self.open.wait()
            if self.error:
                raise self.error
            return done if after else await method(*arguments, **named)

        monkeypatch.setattr(owner, name, halting)


async def meet(conflicts: Conflicts, first: Halt, one: Awaitable[Any], other: Awaitable[Any]) -> tuple[Any, Any]:
    """What became of both: the `other` goes as far as it can while the `one` is halted."""
    halted = asyncio.ensure_future(one)
    await first.reached.wait()
    conflicts.met.clear()
    meanwhile = asyncio.ensure_future(other)
    met = asyncio.create_task(conflicts.met.wait())
    await asyncio.wait([meanwhile, met], return_when=asyncio.FIRST_COMPLETED)
    met.cancel()
    first.open.set()
    return await asyncio.gather(halted, meanwhile, return_exceptions=True)
