# SPDX-License-Identifier: Apache-2.0
"""Drives a server with wrk, and reads what wrk found."""

import json
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True)
class Requests:
    """What is asked of the server at `root`: one of the `paths`, drawn anew for each request.

    COUNTER in the `body` becomes another text each time; such requests go to the paths in turn. Of the `tokens`, if
    any, each request has the next one; those that were sent go to the end.
    """

    root: str
    method: str
    paths: Sequence[str]
    body: bytes = b""
    media_type: str = "application/json"
    tokens: deque[str] = field(default_factory=deque)


@dataclass(frozen=True)
class Load:
    """What came of a number of seconds of requests: `refused` by status, `broken` connections, `late` answers."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int
    late: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        """Requests that failed."""
        return self.refused + self.broken + self.late


def drive(asked: Requests, connections: int, seconds: int, scratch: Path) -> Load:
    """Send requests over so many connections, each as soon as the one before is answered.

    `scratch` is a directory for the files that wrk reads. Raises `CalledProcessError` when wrk cannot connect.
    """
    paths, body, tokens = scratch / "paths", scratch / "body", scratch / "tokens"
    paths.write_text("\n".join(asked.paths))
    body.write_bytes(asked.body)
    tokens.write_text("\n".join(asked.tokens))
    driver = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    script = [asked.method, str(paths), asked.media_type, str(body), str(tokens)]
    ran = subprocess.run([*driver, asked.root, "--", *script], capture_output=True, text=True, check=True)
    load = Load(**json.loads(ran.stdout.splitlines()[-1]))
    asked.tokens.rotate(-(load.requests + connections))
    return load
