# SPDX-License-Identifier: Apache-2.0
"""The command `liaison identity scan`: compares all parties, and records who may be there twice."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import click
import orjson

from app import logs
from app.cli.common import STOPPED, Command, configured_vault, data_option, stopping
from app.cli.composed_apis import composed_apis
from app.cli.progress import progress
from app.cli.tables import table
from app.composition.factory import Liaison
from app.errors import Conflict, StartError
from app.identity.scanning.review import Review
from app.identity.scanning.scan import LARGEST_BLOCK, Scan, ScanSettings
from app.identity.scanning.spool import BUCKETS
from app.processes.suspicion import TASKS
from app.settings import Settings
from app.storage.identity.party_rows import PartyRows
from app.storage.identity.scans import ScanCheckpoint

COLUMNS = {
    "resource": "RESOURCE",
    "parties": "PARTIES",
    "compared": "PAIRS COMPARED",
    "suspected": "MAY BE THE SAME",
    "recorded": "NEW",
    "withdrawn": "NOT ANY MORE",
}
LEFT_OUT = {"resource": "RESOURCE", "key": "KEY", "block": "BLOCK", "parties": "PARTIES", "pairs": "PAIRS LEFT OUT"}
LONGEST_CELL = 60


class _End(NamedTuple):
    """What came of the scan of a resource; `seconds` are those of this run."""

    checkpoint: ScanCheckpoint
    parties: int
    withdrawn: int
    seconds: float

    @property
    def is_done(self) -> bool:
        return self.checkpoint.bucket == BUCKETS


@click.command(cls=Command)
@click.option("--resource", "only", metavar="NAME", help="Only of this resource, such as `Individual`.")
@click.option("--anew", is_flag=True, help="Forget a scan that was broken off, and begin with the first key.")
@click.option(
    "--largest-block", type=click.IntRange(2), default=LARGEST_BLOCK, show_default=True,
    help="Parties with one key that are compared with each other; a key that more have is left out.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes that compare; else one per core.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_option
def scan(only: str | None, anew: bool, largest_block: int, workers: int, as_json: bool, **chosen: Any) -> None:
    """Compare all parties with each other that have a blocking key in common, and record who may be the same.

    A running server begins a flow of ResolveDuplicate for each pair, in which somebody decides; nothing is merged.
    Stopped or killed, the same command goes on where it ended. The exit code is 0 when all are compared, 130 when it
    was stopped, 1 when it failed.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(**chosen)) as ready:
        ends = asyncio.run(_scan(ready, only, partial(ScanSettings, largest_block=largest_block, anew=anew), workers))
    if as_json:
        click.echo(orjson.dumps([_summary(each) for each in ends], option=orjson.OPT_INDENT_2).decode())
    else:
        _tell(ends)
    if not all(each.is_done for each in ends):
        click.echo("Stopped: the same command goes on from here", err=True)
        raise SystemExit(STOPPED)


async def _scan(
    settings: Settings, only: str | None, scan_settings: Callable[..., ScanSettings], workers: int
) -> list[_End]:
    async with composed_apis(settings) as liaison:
        await liaison.processes.prepare()
        rules = liaison.party_rules()
        if only and only not in rules.resources:
            raise StartError(f"{only} has no parties that are matched; {', '.join(rules.resources)} have")
        chosen = scan_settings(rules, settings.identity_rules, workers or os.cpu_count() or 1)
        stop, ends = stopping(), list[_End]()
        for resource in [only] if only else rules.resources:
            if not stop.is_set():
                try:
                    ends.append(await _scan_resource(liaison, resource, chosen, stop))
                except Conflict as taken:
                    raise StartError(taken.message) from None
        return ends


async def _scan_resource(liaison: Liaison, resource: str, settings: ScanSettings, stop: asyncio.Event) -> _End:
    began = time.monotonic()
    scanning = Scan(liaison.database, resource, settings)
    parties = await PartyRows(liaison.database, settings.rules.attributes).count(resource)
    with progress(f"Scanning {resource}", parties + BUCKETS * _share(parties)) as advance:
        # Half of the way is to read all parties, the other half to compare them, a bucket of keys at a time.
        at = await scanning.run(stop, advance, lambda buckets: advance(buckets * _share(parties)))
    withdrawn = 0
    if at.bucket == BUCKETS:
        runs = liaison.processes.runs

        async def wake(flows: Any, instant: Any, session: Any) -> None:
            assert runs is not None, "only flows that are served are woken"
            await runs.wake(flows, TASKS, instant, session)

        withdrawn = await Review(liaison.database, settings.rules, wake if runs else None).run(resource, at.begun)
        await scanning.end(at)
    return _End(at, scanning.parties, withdrawn, time.monotonic() - began)


def _share(parties: int) -> int:
    return max(1, parties // BUCKETS)


def _summary(end: _End) -> dict[str, Any]:
    at = end.checkpoint
    return {
        "resource": at.resource,
        "complete": end.is_done,
        "parties": end.parties,
        **at.counts._asdict(),
        "withdrawn": end.withdrawn,
        "leftOut": [each._asdict() for each in at.left_out],
        "rules": {"version": at.terms.rules_version, "digest": at.terms.rules_digest},
        "largestBlock": at.terms.largest_block,
        "seconds": round(end.seconds, 1),
    }


def _tell(ends: Sequence[_End]) -> None:
    summaries = [_summary(each) for each in ends]
    click.echo(table(summaries, COLUMNS, longest=LONGEST_CELL))
    left_out = [{"resource": each["resource"], **one} for each in summaries for one in each["leftOut"]]
    if left_out:
        click.echo(
            f"\nKeys that more than {summaries[0]['largestBlock']} parties have tell too little, and are left out;"
        )
        click.echo("pairs with another key in common are compared by that:\n")
        click.echo(table(left_out, LEFT_OUT, longest=LONGEST_CELL))
