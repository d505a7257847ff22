"""Random writes by several clients at the same time, and what each of them was told."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

RESOURCES = {"Individual": ("familyName", "title"), "Organization": ("name", "nameType")}
"""What is written to: resources of the party API, each with an attribute to change and one to mark it as rare."""
BASE = "/tmf-api/party/v5"
MERGE = {"Content-Type": "application/merge-patch+json"}
CLIENTS = 4
DOCUMENTS = 25
"""How many ids of each resource all clients write to."""
PATIENCE_SECONDS = 60.0
REFUSED_PAUSE_SECONDS = 0.02
JOIN_SECONDS = 2 * PATIENCE_SECONDS

RARE, USUAL = "rare", "usual"


@dataclass
class Write:
    """One request that was sent, by its correlation id, and whether the client was told that it was done."""

    correlation_id: str
    acknowledged: bool = False


class Load:
    """Clients that write to the servers at `urls` as long as `running`; each request goes to one of them by chance."""

    def __init__(self, urls: Sequence[str], chance: random.Random, *, rare: int) -> None:
        """Of so many documents written, one is marked as `rare`."""
        self._urls = urls
        self._seeds = [chance.random() for _ in range(CLIENTS)]
        self._rare = rare
        self._over = threading.Event()
        self._alive: set[tuple[str, str]] = set()
        self._numbers = count(1)
        self._counting = threading.Lock()
        self.acknowledged = 0
        self.writes: list[Write] = []
        self.surprises: list[str] = []
        self.unavailable = 0
        self.closed = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write until the block ends."""
        threads = [threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in self._seeds]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(JOIN_SECONDS)

    def _run(self, seed: float) -> None:
        chance = random.Random(seed)
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while not self._over.is_set():
                self._write(client, chance)

    def _write(self, client: httpx.Client, chance: random.Random) -> None:
        number = next(self._numbers)
        resource, id = chance.choice(list(RESOURCES)), f"own-{chance.randrange(DOCUMENTS)}"
        method, path, body = self._chosen(resource, id, number, chance)
        write = Write(f"chaos-{number}")
        self.writes.append(write)
        headers = {"X-Correlation-ID": write.correlation_id, **(MERGE if method == "PATCH" else {})}
        url = chance.choice(self._urls) + path
        try:
            self._note(write, client.request(method, url, json=body, headers=headers), (resource, id))
        except httpx.TimeoutException as late:
            self.surprises.append(f"{method} {path}: no answer ({late!r})")
        except httpx.TransportError:
            self.closed += 1
            self._over.wait(REFUSED_PAUSE_SECONDS)

    def _chosen(self, resource: str, id: str, number: int, chance: random.Random) -> tuple[str, str, Any]:
        collection = f"{BASE}/{resource[0].lower()}{resource[1:]}"
        name, mark = RESOURCES[resource]
        told = {name: f"name {number}", mark: USUAL if number % self._rare else RARE}
        if (resource, id) not in self._alive:
            given = {"givenName": "Ngozi"} if resource == "Individual" else {}
            return "POST", collection, {"@type": resource, "id": id, **given, **told}
        if chance.random() < 0.15:
            return "DELETE", f"{collection}/{id}", None
        return "PATCH", f"{collection}/{id}", told

    def _note(self, write: Write, answer: httpx.Response, document: tuple[str, str]) -> None:
        if answer.is_success:
            write.acknowledged = True
            with self._counting:
                self.acknowledged += 1
        if answer.status_code in (204, 404):
            self._alive.discard(document)
        elif answer.is_success or answer.status_code == 409:
            self._alive.add(document)
        elif answer.status_code == 503 and "Retry-After" in answer.headers:
            self.unavailable += 1
            self._over.wait(REFUSED_PAUSE_SECONDS)
        else:
            asked = f"{answer.request.method} {answer.request.url.path}"
            self.surprises.append(f"{asked}: {answer.status_code} {answer.text}")
