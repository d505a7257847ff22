# SPDX-License-Identifier: Apache-2.0
"""docs/notices.md keeps its word on notices: its gateway for SMS and push takes each notice once, and no other."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.interactions.notices.message import Message
from app.interactions.notices.transport import DELIVERED, PUSH, REFUSED, SMS, Outbound, Outcome, transports
from app.settings import Settings
from tests.listening import SECRET
from tests.serving import free_port
from tests.waiting import eventually

PAGE = Path(__file__).parents[2] / "docs" / "notices.md"
PART = PAGE.read_text(encoding="utf-8").split("## How notices travel")[1].split("\n## ")[0]
(SOURCE,) = re.findall(r"^```python\n(.*?)^```", PART, re.MULTILINE | re.DOTALL)
(COMMAND,) = re.findall(r"^\$ (LIAISON_NOTICE_HOOKS=.*)$", PART, re.MULTILINE)
VARIABLES = dict(each.split("=", 1) for each in COMMAND.removesuffix(" liaison serve").split())
NOTICES = [
    Outbound("7301", SMS, "+31612345678", Message("Late", "It is late.\n", "en")),
    Outbound("7302", PUSH, "device-17", Message("Zu spät", "Es ist zu spät.\n", "de")),
]


@contextmanager
def gateway(port: int, secret: str) -> Iterator[list[str]]:
    """The gateway of the page at a port of its own; yields what it has sent on, when the block has ended."""
    printed: list[str] = []
    source = SOURCE.replace("9100", str(port)).replace(VARIABLES["LIAISON_NOTICE_HOOK_SECRET"], secret)
    assert secret in source
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
        except httpx.TransportError:
            return False

    try:
        eventually(answers, "the gateway answers", 60)
        yield printed
    finally:
        process.terminate()
        printed += [line for line in process.communicate(timeout=30)[0].splitlines() if "→" in line]


async def outcomes(settings: Settings, *notices: Outbound) -> list[Outcome]:
    made = transports(settings)
    try:
        return [await made[each.medium].send(each) for each in notices]
    finally:
        for each in made.values():
            await each.close()


def test_the_gateway_of_the_page_sends_each_notice_on_once() -> None:
    assert len(SOURCE.splitlines()) <= 30
    port = free_port()
    named = {name: value.replace("9100", str(port)) for name, value in VARIABLES.items()}
    settings = Settings.read({**named, "LIAISON_NOTICE_HOOK_SECRET": SECRET})
    other: Any = replace(settings, notice_hook_secret=SECRET.replace("M", "N", 1))
    with gateway(port, SECRET) as printed:
        repeated = asyncio.run(outcomes(settings, *NOTICES, *NOTICES))
        wrong = asyncio.run(outcomes(settings, replace(NOTICES[0], id="7303", address="nobody")))
        forged = asyncio.run(outcomes(other, replace(NOTICES[0], id="7304")))
    assert [each.state for each in repeated] == [DELIVERED] * 4
    assert [(each.state, each.code) for each in (*wrong, *forged)] == [(REFUSED, "422"), (REFUSED, "401")]
    assert printed == ["sms → +31612345678: It is late.", "push → device-17: Zu spät"]


@pytest.mark.parametrize("name", ["Templates", "How notices travel"])
def test_every_setting_that_the_page_names_is_one(name: str) -> None:
    part = PAGE.read_text(encoding="utf-8").split(f"## {name}\n")[1].split("\n## ")[0]
    known = set(Settings().environment())
    named = set(re.findall(r"LIAISON_[A-Z_]+[A-Z]", part))
    assert named
    assert named <= known
