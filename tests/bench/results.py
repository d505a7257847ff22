# SPDX-License-Identifier: Apache-2.0
"""All that one run has found, and the machine that it ran on."""

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from tests.bench.event_cost.relaying import Pace
from tests.bench.footprint import Footprint
from tests.bench.plan import Plan
from tests.bench.rounds import Sample
from tests.bench.running import ROOT, Machine

PACKAGES = (
    *("connexion", "pymongo", "orjson", "jsonschema-rs", "uvicorn", "uvloop", "httptools", "starlette"),
    *("Flask", "gunicorn", "fastapi", "pydantic", "Eve"),
)


@dataclass(frozen=True)
class Results:
    """Of one run according to `plan`; `facts` are about the machine, `writing` is the cost of events.

    The `comparison` is by the number of busy connections.
    """

    at: datetime
    facts: Mapping[str, Any]
    plan: Plan
    comparison: Mapping[int, Sequence[Sample]]
    writing: Sequence[Sample]
    drained: Pace
    delivered: Mapping[int, Pace]
    footprint: Footprint

    @property
    def failures(self) -> int:
        """Requests that were not answered well, and writes that went astray."""
        return sum(sample.failures for sample in chain(*self.comparison.values(), self.writing))

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "at": self.at,
            "machine": self.facts,
            "plan": asdict(self.plan),
            "comparison": {
                str(connections): [sample.figures() for sample in samples]
                for connections, samples in self.comparison.items()
            },
            "events": {
                "writing": [sample.figures() for sample in self.writing],
                "drained": asdict(self.drained),
                "delivered": {str(number): asdict(pace) for number, pace in self.delivered.items()},
            },
            "footprint": asdict(self.footprint),
        }


def facts(machine: Machine, cores: int) -> dict[str, Any]:
    """What the figures depend on: the processor, the cores that could be used, and what ran on them."""
    return {
        "cores": cores,
        "processor": _processor(),
        "memory_gigabytes": round(_memory_gigabytes(), 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "mongod": machine.client.server_info()["version"],
        "packages": {name: version(name) for name in PACKAGES},
        "wrk": _said("wrk", "-v").split("[")[0].strip(),
        "commit": _said("git", "rev-parse", "--short=12", "HEAD").strip(),
        "changed_since": bool(_said("git", "status", "--porcelain", "app", "openapi").strip()),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _memory_gigabytes() -> float:
    kilobytes = Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
    return int(kilobytes) / 1024**2


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
