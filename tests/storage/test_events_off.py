# SPDX-License-Identifier: Apache-2.0
"""The server without events, by which the bench measures what they cost: it keeps the same, and tells nobody."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CREATE = """
import asyncio
from tests.bench.asgi import call, running
{server}

async def create():
    async with running(app):
        await call(app, "POST", "/tmf-api/party/v4/individual", b'{{"givenName": "Ann", "familyName": "Lee"}}')

asyncio.run(create())
"""
SILENT = "from tests.bench.servers.eventless import app"
ANNOUNCING = "from app.composition.factory import create_app; app = create_app()"


def created(server: str, uri: str, database: str, rows: Any) -> dict[str, Any]:
    """The row of what a server creates, in a process of its own."""
    settings = {**os.environ, "MONGODB_URI": uri, "LIAISON_DATABASE": database}
    command = [sys.executable, "-c", CREATE.format(server=server)]
    subprocess.run(command, env=settings, cwd=Path(__file__).parents[2], check=True, timeout=60)
    row: dict[str, Any] = rows.find_one_and_delete({})
    return row


def test_a_create_without_events_leaves_the_row_that_it_leaves_with_them_but_for_what_waits_for_the_relay(
    mongodb_uri: str, clean_database: str, rows: Any
) -> None:
    silent, announcing = (created(server, mongodb_uri, clean_database, rows) for server in (SILENT, ANNOUNCING))
    assert announcing.pop("pending")
    assert silent.keys() == announcing.keys()
    assert silent["state"] == announcing["state"] == "initialized"
