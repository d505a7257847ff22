# SPDX-License-Identifier: Apache-2.0
"""The search for duplicates: follows what is written, and records and announces who may be the same (eTOM 1.3.4)."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from app.domain import dates
from app.identity.explanation import suspected_pair
from app.identity.matching import Record
from app.identity.matching.rules import NO
from app.identity.party_rules import PartyRules, decode_record, encode_record
from app.storage.identity.announcements import SUSPECTS, Announcement, Announcements
from app.storage.identity.match_keys import Candidates, MatchKeys, PartyKeys, StoredParty
from app.storage.identity.suspicions import SuspectedPair, Suspicions
from app.storage.identity.written_parties import PartyLog, WrittenParties, WrittenParty
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.transactions import transact

BATCH = 100
"""Entries of the log in one step."""

MOST_CANDIDATES = 20
"""Parties at most that one is compared with."""

TURN = 20
"""Parties after which others of the process have their turn."""


class DuplicateSearch:
    """The search, a step at a time. It follows the event log behind the relay, from a position that is stored.

    A step is one transaction: keys, suspicions, announcements and position are written together or not at all, and only
    where nobody else has moved the position since. So of two at once one does nothing, and one that is killed loses and
    doubles nothing. As what is written is looked at one after the other, of two that are written at once the later one
    finds the other.
    """

    def __init__(self, database: Database, rules: PartyRules) -> None:
        self._database = database
        self._rules = rules
        self._keys = MatchKeys(database, rules)
        self._suspicions = Suspicions(database)
        self._announcements = Announcements(database)
        self._log = PartyLog(database, rules.resources)

    async def prepare(self) -> None:
        """Create indexes and rows."""
        await self._keys.prepare()
        await self._suspicions.prepare()

    async def step(self) -> bool:
        """Do what is next, and return whether there is more: begin at the end of the log, give what was stored before
        its keys, then follow the log. Nothing is searched before all have their keys: it would not be found."""
        progress = self._keys.progress
        if (position := await progress.position()) is None:
            await self.prepare()  # A relay may run before any server does.
            tail = await self._log.tail()
            await transact(self._database, lambda session: progress.move(None, tail, session))
            return True
        for resource in self._rules.resources:
            if await self._keys.complete_some(resource) is not None:
                return True
        written = await self._log.behind(position, BATCH)
        if written.position > position:
            await transact(self._database, partial(self._follow, position, written), BULK_SECONDS)
        return written.more

    async def _follow(self, seen: int, written: WrittenParties, session: Session) -> None:
        if not await self._keys.progress.move(seen, written.position, session):
            return
        by_resource: dict[str, list[WrittenParty]] = defaultdict(list)
        for each in written.parties:
            by_resource[each.resource].append(each)
        for resource, parties in by_resource.items():
            await self._search(resource, parties, session)

    async def _search(self, resource: str, written: Sequence[WrittenParty], session: Session) -> None:
        """Renew the keys of parties that were written, and suspect those that are like others."""
        stored = {each.id: each for each in await self._keys.parties(resource, [each.id for each in written], session)}
        await self._keys.remove([(resource, each.id) for each in written if each.id not in stored], session)
        records = await self._records(resource, stored.values())
        keys = {id: self._rules.keys(record) for id, record in records.items()}
        renewed = [
            PartyKeys(resource, id, each.revision, keys[id], encode_record(records[id])) for id, each in stored.items()
        ]
        await self._keys.replace(renewed, session)
        candidates = await self._keys.candidates(resource, keys, MOST_CANDIDATES, session)
        others = {id for each in candidates.values() for id in each.ids} - stored.keys()
        records |= await self._records_of_others(resource, others, session)
        places = {each.id: place for place, each in enumerate(written)}
        pairs = await self._pairs(resource, places, records, candidates)
        unknown = {each.key for each in await self._suspicions.unknown([pair for _, pair in pairs])}
        suspected = [(about, pair) for about, pair in pairs if pair.key in unknown]
        suspected = await self._confirm(resource, suspected, stored, records, session)
        at = dates.now()
        await self._suspicions.record([pair for _, pair in suspected], at, session)
        announcements = [
            self._announcement(each, stored[each.id], own, capped=candidates[each.id].capped)
            for each in written
            if (own := [pair for about, pair in suspected if about == each.id])
        ]
        await self._announcements.add(announcements, at, session)

    async def _records_of_others(
        self, resource: str, ids: Collection[str], session: Session
    ) -> dict[str, Record | None]:
        """The records of parties that were not just written: those that are kept, or of the documents."""
        kept = await self._keys.records(resource, ids, session)
        unread = await self._keys.parties(resource, ids - kept.keys(), session)
        rules = self._rules.rules
        return await self._records(resource, unread) | {id: decode_record(of, rules) for id, of in kept.items()}

    async def _confirm(
        self,
        resource: str,
        suspected: Sequence[tuple[str, SuspectedPair]],
        written: Collection[str],
        records: Mapping[str, Record | None],
        session: Session,
    ) -> list[tuple[str, SuspectedPair]]:
        """The pairs that are alike in their documents, too: a kept record may be older than these."""
        others = {id for _, pair in suspected for id in pair.ids} - set(written)
        read = await self._records(resource, await self._keys.parties(resource, others, session))
        fresh = {**records, **dict.fromkeys(others), **read}
        return [
            (about, pair)
            for about, each in suspected
            for pair in self._alike(resource, about, set(each.ids) - {about}, fresh)
        ]

    async def _records(self, resource: str, parties: Iterable[StoredParty]) -> dict[str, Record | None]:
        records: dict[str, Record | None] = {}
        for number, each in enumerate(parties, start=1):
            records[each.id] = self._rules.record(resource, each.document)
            if number % TURN == 0:
                await asyncio.sleep(0)
        return records

    async def _pairs(
        self,
        resource: str,
        places: Mapping[str, int],
        records: Mapping[str, Record | None],
        candidates: Mapping[str, Candidates],
    ) -> list[tuple[str, SuspectedPair]]:
        """The pairs that may be the same, each once: with the id of the party that was written last of both."""
        pairs = []
        for number, (id, found) in enumerate(candidates.items(), start=1):
            # A pair of two that were written is that of the later one, unless its candidates were too many for it.
            others = [
                other
                for other in sorted(found.ids)
                if places.get(other, -1) < places[id] or id not in candidates[other].ids
            ]
            pairs += [(id, pair) for pair in self._alike(resource, id, others, records)]
            if number % TURN == 0:
                await asyncio.sleep(0)
        return pairs

    def _alike(
        self, resource: str, id: str, others: Collection[str], records: Mapping[str, Record | None]
    ) -> Iterator[SuspectedPair]:
        one = records[id]
        for other in others:
            record = records.get(other)
            if one and record and (compared := self._rules.compare(one, record)).grade != NO:
                yield suspected_pair(self._rules.rules, resource, id, other, compared)

    def _announcement(
        self, written: WrittenParty, stored: StoredParty, pairs: Sequence[SuspectedPair], *, capped: bool
    ) -> Announcement:
        suspects = [_suspect(pair, written.id) for pair in sorted(pairs, key=lambda each: (-each.score, each.ids))]
        content = {
            **{name: stored.document[name] for name in ("@type",) if name in stored.document},
            SUSPECTS: suspects,
            "rulesVersion": self._rules.rules.version,
            "rulesDigest": self._rules.digest,
            "capped": capped,
        }
        return Announcement(written.resource, written.id, stored.revision, written.correlation_id, content)


def _suspect(pair: SuspectedPair, about: str) -> dict[str, Any]:
    other = pair.second if pair.first == about else pair.first
    return {
        "id": other,
        "grade": pair.grade,
        "score": pair.score,
        "explanation": [{"attribute": name, "level": level, "weight": weight} for name, level, weight in pair.levels],
        "veto": list(pair.vetoes),
    }
