# SPDX-License-Identifier: Apache-2.0
"""Administration of listeners by an operator: list, describe, pause, resume, replay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from app.domain import dates
from app.errors import Conflict, InvalidQuery
from app.events.hub.listener_status import state, status_of
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.hubs.registrations import Registration
from app.storage.mongod.durable import Database, Entry


@dataclass(frozen=True)
class Replay:
    """A replay: its first entry, when that was logged, how many entries follow, and the state of the listener."""

    first: int
    logged_at: datetime
    entries: int
    state: str


class Control:
    """The listeners of all hubs. A running relay takes changes up at its next refresh.

    Methods with an id raise `NotFound`. No result has a secret in it.
    """

    def __init__(self, database: Database) -> None:
        self._hubs = HubAdministration(database)
        self._log = EventLog(database)

    async def list_listeners(self) -> list[dict[str, Any]]:
        """A summary of every listener, as JSON values, in the order of registration."""
        tail = (await self._log.tail()).sequence
        return [
            {**_place(each), "host": _host(each["callback"]), **dates.with_text_dates(status_of(each, tail))}
            for each in await self._hubs.every()
        ]

    async def describe_listener(self, id: str) -> dict[str, Any]:
        """The public members of the listener `id`, as JSON values; a password in the callback is redacted."""
        registration, tail = await self._hubs.find(id), (await self._log.tail()).sequence
        query = {} if registration["query"] is None else {"query": registration["query"]}
        return {
            **_place(registration),
            "callback": _redact_password(registration["callback"]),
            **query,
            "position": registration["position"],
            **dates.with_text_dates(status_of(registration, tail)),
        }

    async def pause(self, id: str) -> None:
        """Pause an active listener. Raises `Conflict` for one that is not active."""
        if not await self._hubs.pause(id):
            now = state(await self._hubs.find(id))
            raise Conflict(f"The listener {id} is {now}: nothing is delivered to it")

    async def resume(self, id: str) -> int:
        """Resume a listener at its position, at once; returns how many entries it can no longer get.

        Retention has dropped their payload while it was suspended.
        """
        tail, position = (await self._log.tail()).sequence, (await self._hubs.find(id))["position"]
        whole = await self._log.first_whole(beyond=position)
        lost = max(0, (whole["_id"] - 1 if whole else tail) - position)
        await self._hubs.resume(id, position + lost)
        return int(lost)

    async def replay(self, id: str, start: int | datetime) -> Replay:
        """Set the listener back to the entry `start`, or the first one logged at that time or later; its state stays.

        Raises `InvalidQuery` when the log has no such entry, or no payload of it, and `Conflict` when the entry is
        ahead of the listener's position.
        """
        first = await self._first(start)
        if not await self._hubs.rewind(id, first["_id"] - 1):
            next = (await self._hubs.find(id))["position"] + 1
            raise Conflict(
                f"Entry {first['_id']} lies ahead of the listener, which comes to {next} next: to go there would leave "
                "out events that it has not got. Resume it, or name an earlier entry"
            )
        registration, tail = await self._hubs.find(id), (await self._log.tail()).sequence
        return Replay(first["_id"], first["loggedAt"], tail - first["_id"] + 1, state(registration))

    async def _first(self, start: int | datetime) -> Entry:
        if isinstance(start, datetime):
            first = await self._log.first_whole(beyond=0, since=start)
        else:
            first = await self._log.first_whole(beyond=start - 1)
        if first is None:
            named = f"logged since {dates.text(start)}" if isinstance(start, datetime) else f"from number {start} on"
            last = (await self._log.tail()).sequence
            raise InvalidQuery(f"The log has nothing to send {named}; its last entry is {last}")
        if isinstance(start, int) and first["_id"] > start:
            raise InvalidQuery(f"The payload of entry {start} was dropped; {first['_id']} is the first that has one")
        return first


def _place(registration: Registration) -> dict[str, Any]:
    return {"id": registration["_id"], "api": registration["api"], "version": registration["version"]}


def _host(callback: str) -> str:
    return urlsplit(callback).netloc.rpartition("@")[2]


def _redact_password(callback: str) -> str:
    parts = urlsplit(callback)
    _, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"***@{host}").geturl() if at else callback
