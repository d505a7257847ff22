# SPDX-License-Identifier: Apache-2.0
"""Hub registrations: listeners, their positions in the event log, and the state of their deliveries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.domain import dates
from app.domain.identifiers import new_id
from app.errors import Conflict, NotFound, shorten
from app.storage.mongod.durable import Database, durable

COLLECTION = "hub"
ACTIVE, PAUSED, SUSPENDED = STATES = ("active", "paused", "suspended")
"""The states of a listener: delivered to; paused by an operator; suspended after failures for too long."""

INDEXES = (
    IndexModel(
        [(name, ASCENDING) for name in ("api", "version", "callback", "query", "registrant.id")],
        unique=True,
        name="one of each registrant",
    ),
    IndexModel([("state", ASCENDING), ("_id", ASCENDING)]),
)

FORMER_INDEX = "api_1_version_1_callback_1_query_1"
"""The unique index of earlier releases, by which nobody could register what somebody else had."""

UNGUARDED: Mapping[str, Any] = {"signed": False, "authentication": None, "secrets": None}
"""The members of a registration without secrets."""

_ANEW = "delete it and register again"

ALL_APIS = "event"
"""The API of registrations for the events of all APIs: TMF688's."""

Registration = dict[str, Any]
"""`{_id, api, version, callback, query, described, signed, authentication, secrets, position, generation, registered,
registrant, state, attempts, nextAttempt, lastError, lastDelivered, failingSince}`.

`registrant` is the principal that registered it; null, or absent in rows of earlier releases, where there was none.
`described` has further members that the listener sent: of its class, and open content. `secrets` has its secret and its
authentication, sealed by the vault; `signed` says whether there is a secret, `authentication` the type. `position` is
the number of the last entry of the event log that is done with. `generation`, a fencing token, grows whenever
deliveries begin anew, by an operator or another relay: writes of an older generation have no effect."""


class Registrations:
    """The collection `hub`."""

    def __init__(self, database: Database) -> None:
        self._hubs = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Create the collection's indexes, and give rows of an earlier release what they lack."""
        await self._hubs.create_indexes(list(INDEXES))
        if FORMER_INDEX in await self._hubs.index_information():
            await self._hubs.drop_index(FORMER_INDEX)
        await self._hubs.update_many({"generation": {"$exists": False}}, {"$set": {**UNGUARDED, "generation": 0}})

    def new(
        self,
        *,
        api: str,
        version: str,
        callback: str,
        query: str | None,
        position: int,
        described: Mapping[str, Any],
        guarded: Mapping[str, Any],
        registrant: Mapping[str, Any] | None = None,
    ) -> Registration:
        """A new registration, not stored yet, for the entries of the log behind `position`.

        `guarded` are `signed`, `authentication` and `secrets`, as `UNGUARDED` has them.
        """
        return {
            "_id": new_id(),
            "api": api,
            "version": version,
            "callback": callback,
            "query": query,
            "described": dict(described),
            **guarded,
            "position": Int64(position),
            "generation": 0,
            "registered": dates.now(),
            "registrant": registrant,
            "state": ACTIVE,
            "lastDelivered": None,
            **_faring_well(),
        }

    async def register(self, new: Registration, session: AsyncClientSession | None = None) -> None:
        """Store a new listener. Raises `Conflict` naming its twin."""
        try:
            await self._hubs.insert_one(new, session=session)
        except DuplicateKeyError:
            raise Conflict(await self._twin_message(new)) from None

    async def get(self, id: str, *, api: str, version: str, registrant: str | None = None) -> Registration:
        """The registration `id` of that API and version, and of that registrant, if given. Raises `NotFound`."""
        row = await self._hubs.find_one({"_id": {"$eq": id}, **_place(api, version, registrant)})
        if row is None:
            raise _unknown(id)
        return row

    async def exists(self, id: str, *, api: str, version: str) -> bool:
        """Whether the registration `id` of that API and version exists."""
        return await self._hubs.find_one({"_id": id, "api": api, "version": version}, {"_id": True}) is not None

    async def remove(self, id: str, *, api: str, version: str, registrant: str | None = None) -> None:
        """Delete the registration `id` of that API and version, and of that registrant, if given. Raises `NotFound`."""
        removed = await self._hubs.delete_one({"_id": {"$eq": id}, **_place(api, version, registrant)})
        if not removed.deleted_count:
            raise _unknown(id)

    async def active(self) -> list[Registration]:
        """All active registrations, of all APIs."""
        return await self._hubs.find({"state": ACTIVE}, sort=[("_id", ASCENDING)]).to_list()

    async def claim(self, fence: int) -> None:
        """Claim all registrations for the relay with the fencing token `fence`; older ones can no longer write.

        It begins a new generation, so deliveries that began before begin anew.
        """
        older = {"fence": {"$not": {"$gte": fence}}}
        await self._hubs.update_many(older, {"$set": {"fence": fence}, "$inc": {"generation": 1}})

    async def advance(self, id: str, sequence: int, *, delivered: bool, generation: int) -> None:
        """Set the position to the entry `sequence`. Within a generation no position goes back."""
        note = {"lastDelivered": dates.now(), **_faring_well()} if delivered else {}
        update: dict[str, Any] = {"$max": {"position": Int64(sequence)}}
        await self._hubs.update_one({"_id": id, "generation": generation}, update | ({"$set": note} if note else {}))

    async def record_failure(
        self, id: str, *, error: str, at: datetime, next_attempt: datetime, generation: int
    ) -> None:
        """Record that the delivery tried at `at` failed, and when it is tried again."""
        noted = {
            "lastError": {"$literal": error},
            "nextAttempt": next_attempt,
            "attempts": {"$add": ["$attempts", 1]},
            "failingSince": {"$ifNull": ["$failingSince", at]},
        }
        await self._hubs.update_one({"_id": id, "generation": generation}, [{"$set": noted}])

    async def suspend(self, id: str, *, error: str, generation: int) -> None:
        """Suspend a listener that failed for too long; its position stays."""
        delivering = {"_id": id, "generation": generation, "state": ACTIVE}
        await self._hubs.update_one(delivering, {"$set": {"state": SUSPENDED, "lastError": error}})

    async def forget(self, id: str) -> None:
        """Delete a listener that answered that it is gone for good (410), if it is still there."""
        await self._hubs.delete_one({"_id": id})

    async def of(self, *, api: str, version: str, registrant: str | None = None) -> list[Registration]:
        """The registrations of that API and version, and of that registrant, if given, in the order of creation."""
        place = _place(api, version, registrant)
        return await self._hubs.find(place, sort=[("registered", ASCENDING), ("_id", ASCENDING)]).to_list()

    async def _twin_message(self, row: Registration) -> str:
        same = {name: row[name] for name in ("api", "version", "callback", "query")}
        registrant = row["registrant"] and row["registrant"]["id"]
        twin = await self._hubs.find_one({**same, "registrant.id": registrant})
        message = "The same callback is registered with the same query already"
        if twin is None:
            return f"{message}, but was removed meanwhile; register again"
        stopped = twin["state"] != ACTIVE
        return f"{message}, as {twin['_id']}" + (f"; it is {twin['state']}: {_ANEW}" if stopped else "")


def _place(api: str, version: str, registrant: str | None) -> dict[str, Any]:
    return {"api": api, "version": version, **({"registrant.id": registrant} if registrant is not None else {})}


def _faring_well() -> dict[str, Any]:
    return {"attempts": 0, "nextAttempt": None, "lastError": None, "failingSince": None}


def _unknown(id: str) -> NotFound:
    return NotFound(f"There is no registration '{shorten(id)}' at this hub")
