# SPDX-License-Identifier: Apache-2.0
"""docs/processes.md keeps its word: its partner answers a check and acknowledges; its commands work as printed."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.contract.performing import TERMINATE, begin, new_customer, read, states, tasks, values
from tests.scenarios.operator import Operator
from tests.serving import free_port
from tests.waiting import eventually

PAGE = Path(__file__).parents[2] / "docs" / "processes.md"
PART = PAGE.read_text(encoding="utf-8").split("## How a partner system takes part")[1].split("\n## ")[0]
BLOCKS = dict(re.findall(r"^```(yaml|python|console)\n(.*?)^```", PART, re.MULTILINE | re.DOTALL))
REGISTER, CHECK, ACKNOWLEDGE = re.findall(r"^\$ (.*)$", BLOCKS["console"], re.MULTILINE)
UNPAID = "7302"

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="no curl found; on Debian: apt-get install curl")


@pytest.fixture
def deployment(tmp_path: Path, settings: Settings, clean_database: str) -> Iterator[Operator]:
    """A server with the policies of the page, on the tests' MongoDB, beside a partner on a port of its own."""
    chosen = {
        "MONGODB_URI": settings.mongodb_uri,
        "LIAISON_DATABASE": clean_database,
        "LIAISON_POLICIES": str(tmp_path / "policies.yaml"),
    }
    operator = Operator(tmp_path / "data", chosen=chosen)
    try:
        yield operator
    finally:
        operator.stop()


def test_the_partner_of_the_page_takes_part(deployment: Operator, tmp_path: Path) -> None:
    port = free_port()

    def own(text: str) -> str:
        return text.replace("9000", str(port)).replace("8080", str(deployment.port))

    def printed(line: str, **variables: str) -> str:
        for name, value in variables.items():
            line = line.replace(f"${name}", value)
        command = shlex.split(own(line))
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    assert len(BLOCKS["python"].splitlines()) <= 30
    (tmp_path / "policies.yaml").write_text(own(BLOCKS["yaml"]), encoding="utf-8")
    deployment.serve()
    with httpx.Client(base_url=deployment.url) as client:
        customer, owing = new_customer(client), new_customer(client)
        source = own(BLOCKS["python"]).replace(UNPAID, owing["id"])
        partner = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            checked = CHECK.replace(UNPAID, owing["id"]).replace("curl", "curl --retry 20 --retry-connrefused", 1)
            assert printed(checked).strip() in BLOCKS["console"].splitlines()
            assert "TaskFlowInformationRequiredEvent" in printed(REGISTER)
            flow = begin(client, TERMINATE, customer, reason="customerWish")
            refused = begin(client, TERMINATE, owing, reason="customerWish")
            eventually(lambda: states(client, refused)["appropriate"] == "hold", "somebody is asked", 60)
            assert "unpaidBills: a bill is unpaid" in values(tasks(client, refused)["appropriate"])["reason"]
            eventually(lambda: states(client, flow)["dismantleBilling"] == "completed", "it is acknowledged", 60)
            eventually(lambda: states(client, flow)["dismantleFulfillment"] == "hold", "the other waits", 60)
            assert '"acknowledged"' in printed(ACKNOWLEDGE, FLOW=flow["id"])
            eventually(lambda: read(client, flow)["state"] == "completed", "the flow ends", 60)
            assert read(client, customer)["status"] == "Terminated"
        finally:
            partner.terminate()
            partner.wait(30)
