# SPDX-License-Identifier: Apache-2.0
"""Tells at the end of a run how many requests schemathesis made up for each document."""

from collections.abc import Iterator

import pytest

COUNTS = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def counts(pytestconfig: pytest.Config) -> dict[str, str]:
    """What to tell of each document."""
    return pytestconfig.stash.setdefault(COUNTS, {})


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Write a line for each document."""
    for document, told in terminalreporter.config.stash.get(COUNTS, {}).items():
        terminalreporter.write_line(f"schemathesis: {document}: {told}")
    return (yield)
