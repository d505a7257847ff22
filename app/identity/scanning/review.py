# SPDX-License-Identifier: Apache-2.0
"""The review after a scan: pairs that were open before stay so if rules and parties, as they are now, say so."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from app.domain import dates
from app.identity.explanation import suspected_pair
from app.identity.matching.rules import NO
from app.identity.party_rules import PartyRules
from app.storage.identity.party_rows import PartyRows
from app.storage.identity.suspicions import SuspectedPair, Suspicion, Suspicions
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.transactions import transact

BATCH = 200

Wake = Callable[[Collection[str], datetime, Session], Awaitable[None]]
"""Lets flows look again at their pairs, at an instant, in a transaction."""


@dataclass
class _Findings:
    """Pairs that are open for no reason any more, for other reasons than before, and for the same by other rules."""

    dropped: list[Suspicion] = field(default_factory=list)
    renewed: list[SuspectedPair] = field(default_factory=list)
    confirmed: list[SuspectedPair] = field(default_factory=list)


class Review:
    """Reviews the open pairs of a resource; `wake` is None where no flows are served."""

    def __init__(self, database: Database, rules: PartyRules, wake: Wake | None) -> None:
        self._database, self._rules, self._wake = database, rules, wake
        self._suspicions = Suspicions(database)
        self._rows = PartyRows(database, rules.attributes)

    async def run(self, resource: str, begun: datetime) -> int:
        """Review what was recorded before a scan was `begun`; returns how many pairs are not open any more."""
        last, dropped = "", 0
        while found := await self._suspicions.open_pairs(last, BATCH, resource, begun):
            last = found[-1].pair.key
            findings = await self._review(resource, found)
            dropped += len(findings.dropped) - len(findings.renewed)
            await transact(self._database, partial(self._write, findings), BULK_SECONDS)
        return dropped

    async def _review(self, resource: str, found: Sequence[Suspicion]) -> _Findings:
        documents = await self._rows.read(resource, {id for each in found for id in each.pair.ids})
        apart = await self._suspicions.apart([each.pair for each in found])
        findings = _Findings()
        for each in found:
            now = None if each.pair.key in apart else self._compare(each.pair, documents)
            if now is None or _reasons(now) != _reasons(each.pair):
                findings.dropped.append(each)
                findings.renewed += [now] if now else []
            elif now != each.pair:
                findings.confirmed.append(now)
        return findings

    def _compare(self, pair: SuspectedPair, documents: Mapping[str, Mapping[str, Any]]) -> SuspectedPair | None:
        records = [self._rules.record(pair.resource, documents[id]) for id in pair.ids if id in documents]
        one, other = records if len(records) == len(pair.ids) else (None, None)
        if one is None or other is None:
            return None
        compared = self._rules.compare(one, other)
        return None if compared.grade == NO else suspected_pair(self._rules.rules, pair.resource, *pair.ids, compared)

    async def _write(self, findings: _Findings, session: Session) -> None:
        """One that is renewed has a flow of its own, as somebody decides for what its flow says."""
        at = dates.now()
        await self._suspicions.forget(findings.dropped, session)
        await self._suspicions.record(findings.renewed, at, session)
        await self._suspicions.confirm(findings.confirmed, session)
        if self._wake:
            await self._wake([each.flow for each in findings.dropped], at, session)


def _reasons(pair: SuspectedPair) -> tuple[Any, ...]:
    """What somebody decides for: the grade, the level of each attribute, the vetoes."""
    return pair.grade, sorted((name, level) for name, level, _ in pair.levels), sorted(pair.vetoes)
