# SPDX-License-Identifier: Apache-2.0
"""The command `liaison policy`: what is promised for interactions, and what other policies would promise."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click

from app import logs
from app.cli.common import Command, configured_vault, data_option
from app.cli.composed_apis import composed_apis
from app.cli.tables import table
from app.composition.factory import Liaison
from app.composition.interaction_policies import connect_policies
from app.domain import dates
from app.errors import StartError, TmfError
from app.interactions.policies import PolicyVersion
from app.interactions.policies_file import SETTING, read_policies
from app.interactions.recomputation import PromiseChange, owned_difference, promise_changes, replay
from app.interactions.tracking import OWNED, Tracking
from app.settings import Settings
from app.storage.interactions.logged_states import LoggedDocument, logged_documents

COLUMNS = {
    "id": "INTERACTION",
    "promise": "PROMISE",
    "policy": "POLICY",
    "due": "DUE",
    "would": "WOULD BE DUE",
}
MOST_SHOWN = 100
"""Changes that a preview lists; the rest it counts."""


@dataclass
class _Preview:
    seen: int = 0
    gone: int = 0
    moved: int = 0
    changed: list[tuple[str, PromiseChange]] = field(default_factory=list)


@click.group()
def policy() -> None:
    """What is promised for interactions (eTOM 1.6.9), by when, and whether stored promises are as computed."""


@policy.command(cls=Command)
@data_option
def check(**chosen: Any) -> None:
    """Compute all promises again from the event log, each under the version of the policies under which it was made.

    Ends with 1 when a stored promise differs from the computed one.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(**chosen)) as ready:
        wrong = asyncio.run(check_promises(ready))
    if wrong:
        raise SystemExit(1)


@policy.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@data_option
def preview(file: str, **chosen: Any) -> None:
    """Tell what the policies in FILE would promise for the interactions that are not over, beside what is promised.

    Nothing is written: promises that were made hold, whatever policies say later.
    """
    logs.configure("warning")
    version = read_policies(file)
    with configured_vault(Settings.read(**chosen)) as ready:
        found = asyncio.run(_preview(ready, version))
    rows = [_row(id, change) for id, change in found.changed]
    click.echo(table(rows, COLUMNS, longest=40) if rows else "Nothing would change")
    more = f", of which {MOST_SHOWN} are shown" if found.moved > MOST_SHOWN else ""
    would = f"{found.moved} promises would differ{more}{_gone_note(found.gone)}"
    click.echo(f"{found.seen} interactions that are not over; {would}")


async def check_promises(settings: Settings) -> int:
    """Compute all promises again, tell which differ, and return how many interactions have such."""
    seen = wrong = gone = 0
    async with composed_apis(settings) as liaison:
        await _connect(liaison)
        async for tracking, each in _logged_interactions(liaison, stored=OWNED):
            if not any(document and "policyVersion" in document for _, document in each.states):
                continue
            seen += 1
            try:
                differing = _differences(tracking, each)
            except ValueError:
                gone += 1
                continue
            except TmfError as unknown:
                differing = [unknown.message]
            if differing:
                wrong += 1
                click.echo(f"{each.id}: {', '.join(differing)}")
    click.echo(f"{seen} interactions with promises, {wrong} differ from what the log comes to{_gone_note(gone)}")
    return wrong


def _differences(tracking: Tracking, logged: LoggedDocument) -> list[str]:
    computed = list(replay(tracking, logged.states))
    pairs = [*zip(logged.states, computed, strict=True)]
    if logged.stored is not None:
        pairs.append(((logged.states[-1][0], logged.stored), computed[-1]))
    return [
        f"{name} since {dates.text(at)}"
        for (at, stored), document in pairs
        for name in owned_difference(stored or {}, document)
    ]


async def _preview(settings: Settings, version: PolicyVersion) -> _Preview:
    found = _Preview()
    async with composed_apis(settings) as liaison:
        if liaison.policies:
            await _connect(liaison)
        async for tracking, each in _logged_interactions(liaison):
            _compare(tracking, each, version, found)
    return found


def _compare(tracking: Tracking, logged: LoggedDocument, version: PolicyVersion, found: _Preview) -> None:
    last = logged.states[-1][1]
    if last is not None and tracking.is_over(last):
        return
    found.seen += 1
    try:
        *_, computed = replay(tracking, logged.states, version)
    except ValueError:
        found.gone += 1
        return
    changes = promise_changes(last or {}, computed)
    found.moved += len(changes)
    found.changed += [(logged.id, change) for change in changes[: MOST_SHOWN - len(found.changed)]]


async def _connect(liaison: Liaison) -> None:
    if liaison.policies is None:
        raise StartError(f"{SETTING} is not set: nothing is promised")
    await connect_policies(liaison.policies, liaison.database)


async def _logged_interactions(
    liaison: Liaison, stored: Collection[str] = ()
) -> AsyncIterator[tuple[Tracking, LoggedDocument]]:
    for resource, tracking in liaison.tracked.items():
        async for each in logged_documents(liaison.database, resource, liaison.payloads, stored):
            yield tracking, each


def _row(id: str, change: PromiseChange) -> dict[str, str]:
    before, after = change.policies
    policies = before if before == after else f"{before or 'none'} → {after or 'none'}"
    due, would = (_due(*each) for each in zip(change.states, change.due, strict=True))
    return {"id": id, "promise": change.name, "policy": policies or "", "due": due, "would": would}


def _due(state: str | None, due: datetime | None) -> str:
    return f"{dates.text(due)} ({state})" if due else "not promised"


def _gone_note(count: int) -> str:
    return f"; of {count} the log has no payload any more" if count else ""
