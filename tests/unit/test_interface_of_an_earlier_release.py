# SPDX-License-Identifier: Apache-2.0
"""Settings, commands and log lines that an operator's files and alarms name are still there; others may be added."""

import json
from pathlib import Path

import pytest

from tests.scenarios.stored import interface

RECORDED = json.loads(Path(interface.__file__).with_name("interface.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def present() -> dict[str, interface.Names]:
    """The interface as it is now."""
    return interface.interface()


@pytest.mark.parametrize("kind", ["settings", "commands", "log"])
def test_nothing_that_an_earlier_release_named_is_gone(present: dict[str, interface.Names], kind: str) -> None:
    assert RECORDED[kind]
    assert sorted(RECORDED[kind].keys() - present[kind].keys()) == []


@pytest.mark.parametrize("kind", ["commands", "log"])
def test_what_is_named_still_takes_or_tells_what_it_did(present: dict[str, interface.Names], kind: str) -> None:
    less = {name: sorted({*parts} - {*present[kind][name]}) for name, parts in RECORDED[kind].items()}
    assert {name: gone for name, gone in less.items() if gone} == {}
