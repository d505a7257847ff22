# SPDX-License-Identifier: Apache-2.0
"""The server that the hostile inputs are sent to: a deployment of its own, with processes that can be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.hostile import footprint
from tests.hostile.attack import API, TARGET, Attack
from tests.hostile.connection import Exchange, exchange
from tests.scenarios.operator import Operator


@dataclass(frozen=True)
class Target:
    """A running server: its port, and the process that started all others."""

    port: int
    supervisor: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def meet(self, attack: Attack) -> Exchange:
        """Send one hostile input, at a resource that is there if it wants one, and read what comes back."""
        if TARGET.encode() in attack.content:
            attack = attack.at(self.new_id())
        return exchange(self.port, attack.content, ends=attack.ends, head=attack.method == "HEAD")

    def new_id(self) -> str:
        """The id of a resource made just now."""
        answer = httpx.post(f"{self.url}{API}", json={"givenName": "N", "familyName": "O"}, timeout=30)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    @property
    def servers(self) -> list[int]:
        """The processes of ours; the database is none."""
        return [pid for pid in footprint.descendants(self.supervisor) if footprint.name(pid) != "mongod"]

    @property
    def everything(self) -> list[int]:
        return footprint.descendants(self.supervisor)


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The server, started as an operator does."""
    operator = Operator(tmp_path_factory.mktemp("hostile") / "data", chosen={"LIAISON_LOG_LEVEL": "warning"})
    try:
        process = operator.serve("--workers", "2")
        yield Target(operator.port, process.pid)
        assert "Traceback" not in operator.log, operator.log[-5000:]
    finally:
        operator.stop()
