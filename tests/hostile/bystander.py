# SPDX-License-Identifier: Apache-2.0
"""An ordinary client that goes on reading and writing meanwhile, and remembers how it fared."""

import threading
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType

import httpx

from tests.hostile.attack import API
from tests.waiting import eventually

PAUSE = 0.05
"""Seconds between two of its requests."""


@dataclass
class Bystander:
    """Creates an individual and reads it again, over a new connection and over a kept one in turns."""

    url: str
    slowest: float = 0.0
    served: int = 0
    failures: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Bystander":
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        assert self._thread
        self._thread.join(30)

    def wait_for(self, served: int) -> None:
        """Wait until as many more of its requests were served, or some failed."""
        enough = self.served + served
        eventually(lambda: self.served >= enough or bool(self.failures), f"{served} requests are served", 120)

    def _run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as kept:
            while not self._ended.wait(PAUSE):
                self._turn(kept)
                with httpx.Client(base_url=self.url, timeout=30) as new:
                    self._turn(new)

    def _turn(self, client: httpx.Client) -> None:
        began = monotonic()
        try:
            answer = client.post(API, json={"givenName": "Ordinary", "familyName": "Client"})
            self._expect(answer, 201)
            halfway = monotonic()
            self.slowest = max(self.slowest, halfway - began)
            if answer.status_code == 201:
                self._expect(client.get(answer.headers["location"]), 200)
                self.slowest = max(self.slowest, monotonic() - halfway)
        except httpx.TransportError as failure:
            self.failures.append(f"{type(failure).__name__} after {monotonic() - began:.1f} s")

    def _expect(self, answer: httpx.Response, status: int) -> None:
        self.served += answer.status_code == status
        if answer.status_code != status:
            self.failures.append(f"{answer.status_code} {answer.text[:200]}")
