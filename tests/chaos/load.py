# SPDX-License-Identifier: Apache-2.0
"""Random writes by several clients at the same time, and what each of them was told."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from app.domain.events import lower_camel

RESOURCES = {"Individual": ("familyName", "title"), "Organization": ("name", "nameType")}
"""What is written to: resources of the party API, each with an attribute to change and one to mark it as rare."""
BASE = "/tmf-api/party/v5"
MERGE = {"Content-Type": "application/merge-patch+json"}
CLIENTS = 4
DOCUMENTS = 25
"""How many ids of each resource all clients write to."""
PATIENCE_SECONDS = 60.0
REFUSED_PAUSE_SECONDS = 0.02
KEYED_PAUSE_SECONDS = 0.05
JOIN_SECONDS = 2 * PATIENCE_SECONDS

RARE, USUAL = "rare", "usual"


KEYED = "keyed"
"""The title of individuals that are created under an Idempotency-Key; their family name is the key."""
REFUSALS = (503, 507)
"""Answers that invite to try again."""


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
        self.keys: dict[str, set[str]] = {}
        """The keys that were sent, each with the ids that were answered to creates under it."""
        self.repeated = 0
        self.refusals: Counter[int] = Counter()
        self.closed = 0
        self.cut = 0
        """How many connections were closed that had been taken."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write until the block ends."""
        threads = [threading.Thread(target=self._run, args=(seed,), daemon=True) for seed in self._seeds]
        threads.append(threading.Thread(target=self._run_keyed, args=(self._seeds[0],), daemon=True))
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
        if answer := self._sent(client, method, url, json=body, headers=headers):
            self._note(write, answer, (resource, id))

    def _run_keyed(self, seed: float) -> None:
        """Create under one key after the other, each sent again and again until it is answered, and once more then."""
        chance = random.Random(seed)
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while not self._over.is_set():
                number = next(self._numbers)
                write, key = Write(f"chaos-{number}"), f"key-{number}"
                self.writes.append(write)
                ids = self.keys[key] = set()
                while not self._over.is_set() and not self._is_kept(client, chance, key, write, ids):
                    self._over.wait(REFUSED_PAUSE_SECONDS)
                self._is_kept(client, chance, key, write, ids)
                self._over.wait(KEYED_PAUSE_SECONDS)

    def _is_kept(self, client: httpx.Client, chance: random.Random, key: str, write: Write, ids: set[str]) -> bool:
        """Create under the key; whether it is answered that it was done."""
        body = {"@type": "Individual", "givenName": "Ngozi", "familyName": key, "title": KEYED}
        headers = {"X-Correlation-ID": write.correlation_id, "Idempotency-Key": key}
        answer = self._sent(client, "POST", f"{chance.choice(self._urls)}{BASE}/individual", json=body, headers=headers)
        if answer is None or answer.status_code in REFUSALS:
            return False
        if answer.status_code == 201:
            ids.add(answer.json()["id"])
            write.acknowledged = True
            self.repeated += "Idempotency-Replayed" in answer.headers
        else:
            self.surprises.append(f"POST under {key}: {answer.status_code} {answer.text}")
        return True

    def _sent(self, client: httpx.Client, method: str, url: str, **request: Any) -> httpx.Response | None:
        """The answer, if there is one."""
        try:
            return client.request(method, url, **request)
        except httpx.TimeoutException as late:
            self.surprises.append(f"{method} {url}: no answer ({late!r})")
        except httpx.TransportError as closed:
            self.closed += 1
            self.cut += not isinstance(closed, httpx.ConnectError)
            self._over.wait(REFUSED_PAUSE_SECONDS)
        return None

    def _chosen(self, resource: str, id: str, number: int, chance: random.Random) -> tuple[str, str, Any]:
        collection = f"{BASE}/{lower_camel(resource)}"
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
        elif answer.status_code in REFUSALS and "Retry-After" in answer.headers:
            self.refusals[answer.status_code] += 1
            self._over.wait(REFUSED_PAUSE_SECONDS)
        else:
            asked = f"{answer.request.method} {answer.request.url.path}"
            self.surprises.append(f"{asked}: {answer.status_code} {answer.text}")
