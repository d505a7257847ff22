# SPDX-License-Identifier: Apache-2.0
"""Exports of interactions while clients write, and while exports and the server are killed: nothing is lost between."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.exported import Warehouse, exported, exports
from tests.scenarios.operator import Operator
from tests.waiting import eventually

INTERACTIONS = "/tmf-api/partyInteraction/v5/partyInteraction"
SURVEYS = "/tmf-api/satisfactionManagement/v5/satisfactionSurvey"
EXPORT_KILLS, SERVER_KILLS = 7, 3
FINISHED = 4
"""After so many kills, an export is left in peace."""
CHANCE = Random(79)
MERGE = {"Content-Type": "application/merge-patch+json"}


class Writer:
    """A client that creates, changes and deletes as long as it may; the server may go and come back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._chance = Random(20)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.ids: list[str] = []
        self.answered = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _write(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stop.is_set():
                try:
                    self._step(client)
                    self.answered += 1
                except httpx.TransportError:
                    self._stop.wait(0.1)  # The server was killed, and is started again.

    def _step(self, client: httpx.Client) -> None:
        dice = self._chance.random()
        if dice < 0.5 or not self.ids:
            via = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}
            body = {"@type": "TrackedInteraction", "reason": f"Nr {len(self.ids)}", "direction": "inbound"}
            answer = client.post(INTERACTIONS, json={**body, "relatedChannel": [via]})
            self.ids.append(answer.json()["id"])
        elif dice < 0.85:
            id = self._chance.choice(self.ids)
            change = self._chance.choice([{"status": "inProgress"}, {"priority": str(dice)}, {"reason": str(dice)}])
            client.patch(f"{INTERACTIONS}/{id}", json=change, headers=MERGE)
        elif dice < 0.92:
            client.delete(f"{INTERACTIONS}/{self.ids.pop(self._chance.randrange(len(self.ids)))}")
        else:
            rated = {"@type": "EntityRef", "id": self._chance.choice(self.ids), "@referredType": "PartyInteraction"}
            survey = {"@type": "SatisfactionSurvey", "surveyType": "CSAT", "status": "answered", "score": 4}
            client.post(SURVEYS, json={**survey, "ratedEntity": rated})


@contextmanager
def writing(url: str) -> Iterator[Writer]:
    writer = Writer(url)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


class Exporter:
    """Exports increments into a directory, each behind the last that is there; the first is a full one."""

    def __init__(self, operator: Operator, out: Path) -> None:
        self._operator, self.out = operator, out

    def begin(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "app.cli", "export", "interactions", "--format", "ndjson"]
        options = ["--out", str(self.out), "--data", str(self._operator.directory)]
        since = ["--since", str(exported(there[-1])[0]["to"])] if (there := exports(self.out)) else []
        return subprocess.Popen(
            [*command, *options, *since],
            env=self._operator.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin_to_write(self) -> subprocess.Popen[str]:
        """An export that writes, has just ended, or somewhere between."""
        running = self.begin()
        eventually(lambda: running.poll() is not None or list(self.out.glob(".part/*/*")), "it writes", 60)
        if CHANCE.random() < 0.5:
            eventually(lambda: running.poll() is not None or self._written(), "it has written some", 60)
        return running

    def _written(self) -> bool:
        try:
            return any(each.stat().st_size for each in self.out.glob(".part/*/interaction.*"))
        except FileNotFoundError:
            return True  # It has just ended.

    def finish(self) -> None:
        """An export that goes well."""
        with self.begin() as running:
            _, error = running.communicate(timeout=120)
        assert running.returncode == 0, error


@pytest.fixture
def exporter(operator: Operator, tmp_path: Path) -> Exporter:
    (tmp_path / "exports").mkdir()
    return Exporter(operator, tmp_path / "exports")


@pytest.mark.timeout(400)
def test_increments_and_a_full_export_are_the_same_after_kills(operator: Operator, exporter: Exporter) -> None:
    server = operator.serve()
    seeded = operator.run("seed", "--customers", "300")
    assert seeded.returncode == 0, seeded.stderr
    kills = [*["export"] * EXPORT_KILLS, *["server"] * SERVER_KILLS]
    CHANCE.shuffle(kills)
    with writing(operator.url) as writer:
        for number, kill in enumerate(kills):
            eventually(has_gone_on(writer), "it goes on writing", 60)
            running = exporter.begin_to_write()
            if kill == "export":
                running.kill()
            else:
                operator.kill(server)
            running.communicate(timeout=120)
            if kill == "server":
                server = operator.serve()
            for place in exports(exporter.out):
                exported(place)
            if number % FINISHED == FINISHED - 1:
                exporter.finish()
    logged(operator)
    exporter.finish()
    places = exports(exporter.out)
    assert len(places) >= 3
    warehouse, anew = Warehouse(), Warehouse()
    log = operator.log_entries(resource="PartyInteraction")
    for place in places:
        warehouse.load(place)
        assert revisions(warehouse) == revisions_in(log, warehouse.position), "it is of one moment"
    whole = Exporter(operator, exporter.out / "whole")
    whole.finish()
    (place,) = exports(whole.out)
    anew.load(place)
    assert warehouse == anew
    with httpx.Client(base_url=operator.url) as client:
        shown = list(all_of(client, INTERACTIONS))
    assert {key[0]: row["reason"] for key, row in anew.tables["interaction"].items()} == dict(shown)
    assert anew.tables["satisfaction"]
    assert not list(exporter.out.glob(".part/*"))


def has_gone_on(writer: Writer) -> Callable[[], bool]:
    """Whether it has written some more by now."""
    before = writer.answered
    return lambda: writer.answered > before + 20


def revisions(warehouse: Warehouse) -> dict[str, int]:
    return {key[0]: row["revision"] for key, row in warehouse.tables["interaction"].items()}


def revisions_in(log: list[dict[str, Any]], position: tuple[int, str] | None) -> dict[str, int]:
    """The revisions of the interactions that there were after an entry of the log."""
    assert position is not None
    found: dict[str, int] = {}
    for entry in log:
        if entry["_id"] <= position[0]:
            found[entry["resourceId"]] = entry["revision"]
            if entry["kind"] == "Delete":
                del found[entry["resourceId"]]
    return found


def logged(operator: Operator) -> None:
    """Return once the log has what was written."""
    with httpx.Client(base_url=operator.url) as client:
        via = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}
        last = {"@type": "PartyInteraction", "reason": "The last", "direction": "inbound", "relatedChannel": [via]}
        id = client.post(INTERACTIONS, json=last).raise_for_status().json()["id"]
    eventually(lambda: operator.log_entries(resourceId=id), "the last is in the log", 60)


def all_of(client: httpx.Client, path: str) -> Iterator[tuple[str, str]]:
    offset = 0
    while page := client.get(path, params={"offset": offset, "limit": 500, "fields": "reason"}).json():
        yield from ((each["id"], each["reason"]) for each in page)
        offset += len(page)
