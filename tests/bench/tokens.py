# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.tokens`: what access tokens cost, beside a server without an issuer, in turns.

A get with tokens that come again and again and with ones that never came before, and a list by a party beside the same
one by staff.
"""

import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import httpx

from app import logs
from tests.bench import customer, operations
from tests.bench.comparison import stocked
from tests.bench.contenders import Contender, liaison
from tests.bench.figures import Spread, Value, cpu_of_server, rate, ratio, spread
from tests.bench.load import Requests
from tests.bench.operations import GET, LIST, requests
from tests.bench.plan import FULL, Plan
from tests.bench.rounds import Sample, Turn, measured
from tests.bench.running import Machine, Running, machine, running
from tests.bench.signing import signed
from tests.bench.tables import table
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer, identity_provider

OPEN, REPEATED, NEW, STAFF, PARTY = "open", "repeated", "new", "staff", "party"
ROLE = "supervisor"
"""A role that sees all, so that every answer is the same as without tokens."""
FEW, MANY = 5, 40_000
"""Of tokens: those that come again and again, and so many that each is forgotten when it comes again."""
LIFE_SECONDS = 7200
PLAN = replace(FULL, documents=10_000, rounds=11, seconds=2, crowd=0)


@dataclass(frozen=True)
class Bar:
    """How much more one kind of request may take than another, as a multiple of it."""

    title: str
    operation: str
    of: str
    beside: str
    most: float

    def expense(self, samples: Sequence[Sample]) -> Spread:
        """How much longer it takes, by requests per second."""
        return ratio(samples, self.beside, self.of, self.operation)

    def cpu(self, samples: Sequence[Sample]) -> Spread:
        """How much more CPU of the server's processes it takes."""
        return ratio(samples, self.of, self.beside, self.operation, cpu_of_server)

    def row(self, samples: Sequence[Sample]) -> list[str]:
        """What was found, for a table."""
        return [
            self.title,
            *(" / ".join(self._median(samples, name, value) for name in (self.beside, self.of)) for value in _FIGURES),
            self.expense(samples).told(2),
            self.cpu(samples).told(2),
            f"{self.most:g}",
        ]

    def _median(self, samples: Sequence[Sample], name: str, value: Value) -> str:
        return f"{spread(samples, name, self.operation, value).median:,.0f}"


_FIGURES: Sequence[Value] = (rate, cpu_of_server)
_HEAD = ["", "requests per second", "µs of CPU of a request", "time, as a multiple", "CPU, as a multiple", "at most"]

GROUP, PAGE = customer.group(0), "Listed"
LISTED = {GROUP: f"of {customer.MATCHES:,}", PAGE: "of as many"}
"""The names of the customers that the party owns: so many of the first that a page is few of them, and of the second
a page."""

BARS = (
    Bar("get, tokens that come again, beside none", GET, REPEATED, OPEN, 1.08),
    Bar("get, all tokens new, beside none", GET, NEW, OPEN, 1.25),
    *(
        Bar(
            f"list of {operations.LISTED} {told}, by a party beside staff",
            LIST,
            f"{PARTY}, {name}",
            f"{STAFF}, {name}",
            1.10,
        )
        for name, told in LISTED.items()
    ),
)


@click.command()
@click.option("--rounds", default=PLAN.rounds, show_default=True, help="How often each kind of request is measured.")
def main(rounds: int) -> None:
    """Measure what access tokens cost. Ends with 1 when it is more than it may be."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk drives the measurement; on Debian: sudo apt-get install wrk")
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place, identity_provider() as provider:
        samples = _measured(place, provider, replace(PLAN, rounds=rounds))
    click.echo(f"\n{table(_HEAD, (bar.row(samples) for bar in BARS))}")
    missed = [bar.title for bar in BARS if bar.expense(samples).median > bar.most]
    if failures := sum(sample.failures for sample in samples):
        missed.append(f"{failures} requests failed")
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


def _measured(place: Machine, provider: IdentityProvider, plan: Plan) -> list[Sample]:
    _tell(f"signs {MANY:,} tokens")
    new = signed(provider, MANY, LIFE_SECONDS, roles=[ROLE])
    with running([_open(place, plan), _guarded(place, provider, plan)], place.scratch) as (without, guarded):
        ids = [stocked(server, plan, _tell) for server in (without, guarded)]
        party = _give_party(guarded.contender)
        few = signed(provider, FEW, LIFE_SECONDS, roles=[ROLE])
        partys = signed(provider, FEW, LIFE_SECONDS, roles=[ROLE], party_id=party)
        gets = [
            _turn(OPEN, without, GET, requests(without.contender, GET, ids[0])),
            _turn(REPEATED, guarded, GET, requests(guarded.contender, GET, ids[1]), few),
            _turn(NEW, guarded, GET, requests(guarded.contender, GET, ids[1]), new),
        ]
        lists = [
            _turn(f"{who}, {name}", guarded, LIST, _list(guarded.contender, name), tokens)
            for name in LISTED
            for who, tokens in ((STAFF, few), (PARTY, partys))
        ]
        _check_same(lists)
        return [sample for turns in (gets, lists) for sample in measured(turns, place, plan, _tell)]


def _open(place: Machine, plan: Plan) -> Contender:
    return replace(liaison(place.client, place.uri, plan.workers, "bench_open"), name=OPEN, title="without an issuer")


def _guarded(place: Machine, provider: IdentityProvider, plan: Plan) -> Contender:
    server = liaison(place.client, place.uri, plan.workers, "bench_guarded")
    environment = {**server.environment, "LIAISON_ISSUERS": provider.url, "LIAISON_AUDIENCE": AUDIENCE}
    headers = bearer(provider.token(roles=[ROLE]))
    return replace(server, name=REPEATED, title="with an issuer", environment=environment, headers=headers)


def _give_party(contender: Contender) -> str:
    """Leave a party the customers that are listed, and no other; answers its id."""
    kept = contender.kept
    owner = f"{kept.within}.engagedParty.id"
    party: str = kept.rows.find_one()[kept.within]["engagedParty"]["id"]
    others = {kept.name: {"$ne": GROUP}}
    page = [row["_id"] for row in kept.rows.find(others, {"_id": True}, limit=operations.LISTED)]
    kept.rows.update_many(others, {"$set": {owner: f"not {party}"}})
    kept.rows.update_many({"_id": {"$in": page}}, {"$set": {owner: party, kept.name: PAGE}})
    return party


def _list(contender: Contender, name: str) -> Requests:
    return Requests(contender.root, "GET", [operations.page(contender, name)])


def _check_same(lists: Sequence[Turn]) -> None:
    """Raises `ValueError` unless the party is answered what staff are."""
    answers = [
        httpx.get(f"{turn.asked.root}{path}", headers=bearer(turn.asked.tokens[0]))
        for turn in lists
        for path in turn.asked.paths
    ]
    for staff, party in zip(answers[::2], answers[1::2], strict=True):
        total = staff.headers.get("X-Total-Count"), party.headers.get("X-Total-Count")
        if staff.json() != party.json() or len(staff.json()) != operations.LISTED or len({*total}) > 1:
            raise ValueError(f"a party should be answered what staff are, not {party.text[:500]} of {total}")


def _turn(of: str, server: Running, operation: str, asked: Requests, tokens: Sequence[str] = ()) -> Turn:
    return Turn(of, server, operation, replace(asked, tokens=deque(tokens)))


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
