# SPDX-License-Identifier: Apache-2.0
"""What a process does not load, as it does not need it and others would wait for it to start."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("process", "modules", "not_needed"),
    [
        (
            "the one that watches",
            "app.cli, app.cli.serve",
            "aiohttp connexion flask jsonschema_rs app.composition.api_resources",
        ),
        (
            "a server",
            "app.http.server.processes, app.composition.factory, app.http.middleware.stack",
            "aiohttp app.cli app.composition.supervisor",
        ),
        ("the relay", "app.cli, app.cli.relay", "connexion flask jsonschema a2wsgi"),
    ],
)
def test_a_process_loads_only_what_it_needs(process: str, modules: str, not_needed: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(not_needed.split()).isdisjoint(told.stdout.split()), process
