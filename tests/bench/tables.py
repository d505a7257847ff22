# SPDX-License-Identifier: Apache-2.0
"""Tells a run as tables in Markdown, for the screen and for docs/performance.md."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tests.bench.event_cost.writing import OFF, VARIANTS
from tests.bench.figures import cpu_of_server, rate, ratio, spread, taken
from tests.bench.footprint import Footprint
from tests.bench.goals import goals
from tests.bench.operations import CREATE, OPERATIONS
from tests.bench.results import Results
from tests.bench.rounds import Sample

TITLES = {
    "liaison": "**Liaison**",
    "fastapi": "FastAPI + pydantic",
    "flask": "bare Flask + pymongo",
    "eve": "Eve",
    "lean": "leanest ASGI handler",
}
RIVALS = [name for name in TITLES if name != "liaison"]

Cell = Callable[[str, str], str]


def sections(results: Results) -> dict[str, str]:
    """The text of each part that a run fills, by the part's name."""
    return {"bench": _bench(results), "events": _events(results), "memory": _memory(results.footprint)}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios(samples: Sequence[Sample], ours: str, theirs: str) -> str:
    """What ours does, as a multiple of theirs in the same turns, for each operation."""
    figures = {"requests per second": rate, "CPU of a request": cpu_of_server}
    rows = [
        [title, *(ratio(samples, ours, theirs, operation, value).told(2) for operation in OPERATIONS)]
        for title, value in figures.items()
    ]
    return table(["", *OPERATIONS], rows)


def _bench(results: Results) -> str:
    compared = [_compared(*load) for load in results.comparison.items()]
    failures = f"Requests that failed, and writes that were lost or doubled: {results.failures}."
    return "\n\n".join([_facts(results), *compared, "### What was to be reached", _goals(results), failures])


def _compared(connections: int, samples: Sequence[Sample]) -> str:
    parts = {
        "Requests per second: median (least-greatest) of the rounds.": _by_server(TITLES, partial(_rate, samples)),
        "Liaison's requests per second, as a multiple of another server's in the same round.": _by_server(
            RIVALS, partial(_ratio, samples)
        ),
        "Milliseconds to the answer, p50 / p99.": _by_server(TITLES, partial(_latency, samples)),
        "Microseconds of CPU for one request: server / relay / mongod.": _by_server(TITLES, partial(_cpu, samples)),
    }
    told = "\n\n".join(f"{text}\n\n{shown}" for text, shown in parts.items())
    return f"### {connections} busy connections\n\n{told}"


def _by_server(names: Iterable[str], cell: Cell) -> str:
    return table(["", *OPERATIONS], ([TITLES[name], *(cell(name, each) for each in OPERATIONS)] for name in names))


def _rate(samples: Sequence[Sample], name: str, operation: str) -> str:
    return spread(samples, name, operation, rate).told()


def _ratio(samples: Sequence[Sample], name: str, operation: str) -> str:
    return ratio(samples, "liaison", name, operation).told(2)


def _latency(samples: Sequence[Sample], name: str, operation: str) -> str:
    p50 = spread(samples, name, operation, lambda sample: sample.load.p50_ms).median
    p99 = spread(samples, name, operation, lambda sample: sample.load.p99_ms).median
    return f"{p50:.1f} / {p99:.1f}"


def _cpu(samples: Sequence[Sample], name: str, operation: str) -> str:
    parts = taken(samples, name, operation)[0].cpu_us
    found = (spread(samples, name, operation, partial(_cpu_of, part)) for part in parts)
    return " / ".join(f"{each.median:,.0f}" for each in found)


def _cpu_of(part: str, sample: Sample) -> float:
    return sample.cpu_us[part]


def _goals(results: Results) -> str:
    rows = (
        [
            goal.text,
            f"{'≤' if goal.at_most else '≥'} {goal.asked:g}",
            goal.found.told(2),
            "yes" if goal.met else "**no**",
        ]
        for goal in goals(results)
    )
    return table(["", "asked", "found", "reached"], rows)


def _events(results: Results) -> str:
    samples = results.writing
    creates = table(
        ["creates", "requests per second", "of those with events off"],
        (
            [each, spread(samples, each, CREATE, rate).told(), ratio(samples, each, OFF, CREATE).told(2)]
            for each in VARIANTS
        ),
    )
    paces = {"pending changes into the log": results.drained}
    for number, pace in results.delivered.items():
        paces[f"pending changes to {number} {'listener' if number == 1 else 'listeners'}"] = pace
    relayed = table(
        ["the relay", "events", "seconds", "events per second"],
        ([what, f"{pace.events:,}", f"{pace.seconds:.1f}", f"{pace.rate:,.0f}"] for what, pace in paces.items()),
    )
    return f"{creates}\n\n{relayed}"


def _memory(found: Footprint) -> str:
    started = f"Seconds from the start to ready: {found.start.told(1)}; CPU for it: {found.start_cpu.told(1)} s."
    head = ["megabytes of resident memory", "idle", "under load"]
    rows = ([kind, f"{found.idle[kind]:.0f}", f"{found.loaded.get(kind, 0):.0f}"] for kind in sorted(found.idle))
    return f"{started}\n\n{table(head, rows)}"


def _facts(results: Results) -> str:
    facts, plan = results.facts, results.plan
    versions = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    commit = f"{facts['commit']}{' with changes' if facts['changed_since'] else ''}"
    return (
        f"{results.at:%Y-%m-%d}, commit {commit}. {facts['cores']} cores of {facts['processor']}, "
        f"{facts['memory_gigabytes']:g} GB; Python {facts['python']}, mongod {facts['mongod']}, {facts['wrk']}, "
        f"{versions}. "
        f"{plan.documents:,} customers, {plan.rounds} rounds of {plan.seconds} s, "
        f"{plan.workers} processes for each server."
    )
