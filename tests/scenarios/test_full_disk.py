# SPDX-License-Identifier: Apache-2.0
"""The disk of the embedded MongoDB is full: reads go on, writes are refused with the reason, and it heals by itself."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.disks import Disk, can_mount, disk
from tests.paths import INDIVIDUAL
from tests.scenarios.operator import Operator
from tests.waiting import eventually, gone

pytestmark = pytest.mark.skipif(not can_mount(), reason="needs the system's mount, and leave to use it")

DISK_MEGABYTES = 900
"""mongod takes a third for its journal."""
JANE = {"givenName": "Jane", "familyName": "Smith"}
PATIENCE_SECONDS = 30


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """The disk that the operator's data directory is on."""
    with disk(tmp_path / "data", DISK_MEGABYTES) as small:
        yield small


@pytest.fixture
def operator(small_disk: Disk) -> Iterator[Operator]:
    operator = Operator(small_disk.path)
    try:
        yield operator
    finally:
        operator.stop()


def created(operator: Operator) -> httpx.Response:
    return httpx.post(operator.url + INDIVIDUAL, json=JANE, timeout=PATIENCE_SECONDS)


def is_read(operator: Operator, href: str) -> bool:
    answer = httpx.get(href, timeout=PATIENCE_SECONDS)
    assert answer.status_code in (200, 503)
    return answer.status_code == 200


def is_ready_and(database: str, operator: Operator) -> bool:
    """Whether the server's state of the database is the one given. Each of its processes looks for itself."""
    answer = httpx.get(f"{operator.url}/health/ready", timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200
    return bool(answer.json()["database"] == database)


def refusal(operator: Operator) -> httpx.Response | None:
    """The answer to a create that is refused for want of room; None while it is another one."""
    answer = created(operator)
    assert answer.status_code in (201, 503, 507)
    return answer if answer.status_code == 507 else None


def test_reads_go_on_and_writes_are_taken_again_when_there_is_room(operator: Operator, small_disk: Disk) -> None:
    operator.serve()
    first = created(operator)
    assert first.status_code == 201

    small_disk.fill()
    refused = eventually(partial(refusal, operator), "a create is refused", PATIENCE_SECONDS)
    assert refused is not None
    assert refused.json()["reason"] == "Insufficient storage"
    assert "disk of the database is full" in refused.json()["message"]
    assert "retry-after" in refused.headers
    eventually(partial(is_read, operator, first.json()["href"]), "reads go on", PATIENCE_SECONDS)
    for method, path in (("PATCH", first.json()["href"]), ("DELETE", first.json()["href"])):
        assert httpx.request(method, path, json={}).status_code == 507
    eventually(partial(is_ready_and, "full", operator), "health says so")
    eventually(lambda: "the disk is full: writes are refused, reads go on" in operator.log, "the log says so")

    killed = int((small_disk.path / "db" / "mongod.lock").read_text())
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: gone(killed), "mongod is gone")
    eventually(partial(is_read, operator, first.json()["href"]), "reads go on with another mongod", PATIENCE_SECONDS)
    assert eventually(partial(refusal, operator), "creates are refused as before", PATIENCE_SECONDS)

    small_disk.clear()
    eventually(lambda: created(operator).status_code == 201, "creates are taken again", PATIENCE_SECONDS)
    eventually(lambda: "the disk has room again" in operator.log, "the log says so")
    eventually(partial(is_ready_and, "up", operator), "health says so")
    assert "AVX" not in operator.log


def test_a_server_starts_on_a_full_disk_and_reads(operator: Operator, small_disk: Disk) -> None:
    process = operator.serve()
    first = created(operator)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    small_disk.fill()

    operator.serve()
    assert is_read(operator, first.json()["href"])
    assert refusal(operator)
    small_disk.clear()
    eventually(lambda: created(operator).status_code == 201, "creates are taken again", PATIENCE_SECONDS)


def test_without_a_reserve_a_start_on_a_full_disk_says_what_is_wrong(operator: Operator, small_disk: Disk) -> None:
    small_disk.fill()
    process = operator.start("serve", "--port", str(operator.port))
    assert process.wait(PATIENCE_SECONDS) == 1
    assert "is full" in operator.log
    assert "AVX" not in operator.log
