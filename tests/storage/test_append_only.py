# SPDX-License-Identifier: Apache-2.0
"""The event log is appended to and nothing else, but for payloads that retention drops: in the code and on the wire."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.domain import dates
from app.storage.event_log import event_log
from app.storage.event_log.chain import DROPPED, PAYLOAD
from app.storage.event_log.retention import Retention
from app.storage.event_log.verification import verify_chain
from app.storage.hubs.registrations import Registrations
from app.storage.mongod.durable import Database
from tests.storage.listening import Writer, ear, hub, opened, relay, running
from tests.storage.watching import until

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2] / "app"
HARMLESS = {
    "create_indexes",
    "find",
    "find_one",
    "count_documents",
    "estimated_document_count",
    "distinct",
    "aggregate",
    "with_options",
}
WRITING = {
    "storage/archive/archived_rows.py": {"update_many", "bulk_write"},
    "storage/erasure.py": {"update_many"},
    "storage/event_log/event_log.py": {"insert_many"},
    "storage/event_log/chain_rewrite.py": {"bulk_write"},
    "storage/event_log/retention.py": {"update_many"},
}
"""The modules that write to the collection, and how."""


def opens(node: ast.AST, collection: str) -> bool:
    """Whether the expression opens the collection: `durable(…, COLLECTION)`, `database["event"]`, …"""
    opened_by = node.args if isinstance(node, ast.Call) else [node.slice] if isinstance(node, ast.Subscript) else []
    named = {ast.unparse(each) for each in opened_by}
    on_database = isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("database")
    by_function = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("durable", "get_collection"))
    return (on_database or by_function) and bool(named & {collection, repr(event_log.COLLECTION)})


def done_to_the_log(module: Path) -> set[str]:
    """The names of the methods that the module calls on what it opened as the event log."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "app.storage.event_log.event_log"
        for alias in node.names
    }
    ours = "COLLECTION" in imported or module.name == "event_log.py"
    collection = "COLLECTION" if ours else "event_log.COLLECTION"
    bound = set(_bound(tree, collection))
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (ast.unparse(node.func.value) in bound or opens(node.func.value, collection))
    }


def _bound(tree: ast.AST, collection: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and opens(node.value, collection):
            yield from map(ast.unparse, node.targets)


def test_no_code_changes_what_is_logged() -> None:
    done = {str(path.relative_to(ROOT)): done_to_the_log(path) - HARMLESS for path in ROOT.rglob("*.py")}

    assert {module: methods for module, methods in done.items() if methods} == WRITING


class Wiretap(CommandListener):
    """Hears every command that concerns the event log."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        of = event.command.get("collection", event.command[event.command_name])
        if of == event_log.COLLECTION:
            self.heard.append((event.command_name, dict(event.command)))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


async def life(database: Database) -> None:
    """Everything that an event may go through: written, relayed, delivered."""
    async with ear() as listener, running(relay(database)):
        await hub(database).register({"callback": listener.url})
        writer = Writer(database)
        await writer.create("1", status="initialized", name="a")
        await writer.patch("1", name="b", status="validated")
        await writer.delete("1")
        await until(lambda: len(listener.heard) == 4)


async def test_the_database_is_never_told_to_change_what_is_logged(mongodb_uri: str, clean_database: str) -> None:
    wiretap = Wiretap()
    async with (
        opened(mongodb_uri, clean_database),
        AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, event_listeners=[wiretap]) as client,
    ):
        log = event_log.EventLog(client[clean_database])
        await log.prepare()
        await life(client[clean_database])
        assert [each.entries async for each in verify_chain(log)][-1] == 4

    assert {name for name, _ in wiretap.heard} - {"find", "getMore", "aggregate"} == {"createIndexes", "insert"}


async def test_retention_only_drops_payloads(database: Database, mongodb_uri: str, clean_database: str) -> None:
    wiretap = Wiretap()
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, event_listeners=[wiretap]) as client:
        await life(database)
        [row] = await Registrations(database).active()
        await database["hub"].delete_one({"_id": row["_id"]})
        assert await Retention(client[clean_database], days=1).drop_old(dates.now().replace(year=9999)) == 4

    changes = [update for name, command in wiretap.heard if name == "update" for update in command["updates"]]
    assert {name for name, _ in wiretap.heard} == {"find", "update"}
    assert [{operator: set(named) for operator, named in each["u"].items()} for each in changes] == [
        {"$unset": set(PAYLOAD), "$set": {DROPPED}}
    ]
