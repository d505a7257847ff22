# SPDX-License-Identifier: Apache-2.0
"""Batches of an import: each line is created, is there already, or is rejected."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from app.domain.json_text import parse_object
from app.domain.origin import Origin
from app.errors import StartError, TmfError, Unavailable
from app.resources.bulk import CreatedResource, New, Outcome
from app.resources.engine import Engine
from app.storage.mongod.driver import DatabaseError
from app.transfer.ids import Ids
from app.transfer.sources import Line

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Pauses in seconds before a batch is retried while the database is away; in all about as long as a failover."""


class ImportOutcome(Enum):
    """The outcome of an accepted line: created now, or there already."""

    CREATED = "created"
    THERE = "there"


End = ImportOutcome | TmfError


@dataclass(frozen=True)
class Portion:
    """Lines to create resources from, the ids for lines without one, and the origin of the changes."""

    lines: Sequence[Line]
    ids: Ids
    actor: str


class Creator(Protocol):
    """The interface of what creates portions; `at_once` is the number of portions to keep in flight."""

    at_once: int

    async def ends(self, portion: Portion) -> list[End]:
        """The outcome of each line, in their order. Raises `StartError` when the database stays away."""


class Alone:
    """The creator in this process, by an `engine`."""

    at_once = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ends(self, portion: Portion) -> list[End]:
        """See `Creator`."""
        read = [_body(line) for line in portion.lines]
        news = [
            New(body, portion.ids.of(line.number))
            for line, body in zip(portion.lines, read, strict=True)
            if not isinstance(body, TmfError)
        ]
        outcomes = iter(await self._create(news, Origin(portion.ids.name, portion.actor)))
        return [body if isinstance(body, TmfError) else _end(next(outcomes)) for body in read]

    async def _create(self, news: Sequence[New], origin: Origin) -> list[Outcome]:
        """Create until the outcome of each is known; all have ids, so a retry creates nothing twice."""
        try:
            for pause in PAUSES:
                try:
                    return await self._engine.create_each(news, origin)
                except Unavailable:
                    await asyncio.sleep(pause)
            return await self._engine.create_each(news, origin)
        except (Unavailable, DatabaseError) as error:
            raise StartError(f"The database failed: {error}. The same command goes on once it is back") from None


def _body(line: Line) -> dict[str, Any] | TmfError:
    try:
        return line.refusal or parse_object(line.text)
    except TmfError as error:
        return error


def _end(outcome: Outcome) -> End:
    if isinstance(outcome, TmfError):
        return outcome
    return ImportOutcome.CREATED if isinstance(outcome, CreatedResource) else ImportOutcome.THERE
