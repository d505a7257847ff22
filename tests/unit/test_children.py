# SPDX-License-Identifier: Apache-2.0
"""Child processes: how they end and how they come back."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from app.errors import StartError
from app.system.backoff import Backoff
from app.system.children import Child, SupervisedChild
from app.system.ports import check_free, free_port, reachable
from tests.waiting import eventually, gone

PROMPT_SECONDS = 5
PARENT_OF_STUBBORN = """
import pathlib, sys, time
from app.system.children import Child
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
with open(sys.argv[1] + ".output", "wb") as output:
    child = Child("child", [sys.executable, "-c", stubborn], output=output)
while not pathlib.Path(sys.argv[1] + ".output").read_text():
    time.sleep(0.02)
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""
OBEDIENT = "import time; time.sleep(600)"
STUBBORN_WITH_CHILD = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


def python(program: str, *arguments: str) -> Child:
    return Child("child", [sys.executable, "-c", program, *arguments])


def test_an_obedient_child_ends_when_asked() -> None:
    child = python(OBEDIENT)
    assert not child.ended()
    assert child.stop(seconds=20) == -signal.SIGTERM
    assert child.ended()


def test_a_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    told = tmp_path / "grandchild"
    child = python(STUBBORN_WITH_CHILD, str(told))
    assert eventually(lambda: told.exists() and told.read_text() != "")
    grandchild = int(told.read_text())
    assert child.stop(seconds=0.1) == -signal.SIGKILL
    assert eventually(lambda: gone(grandchild))


def test_a_hurry_ends_the_patience(tmp_path: Path) -> None:
    told = tmp_path / "grandchild"
    child = python(STUBBORN_WITH_CHILD, str(told))
    assert eventually(told.exists)
    assert child.stop(seconds=600, hurried=lambda: True) == -signal.SIGKILL


def test_a_child_has_a_session_of_its_own() -> None:
    child = python(OBEDIENT)
    assert os.getsid(child.pid) == child.pid
    child.stop(seconds=20)


def test_a_child_that_ends_is_started_again_after_longer_and_longer_pauses() -> None:
    starts: list[float] = []

    def start() -> Child:
        starts.append(time.monotonic())
        return python("raise SystemExit(3)")

    revived = SupervisedChild(start, Backoff(0.1, 600.0))

    def started(times: int) -> bool:
        assert revived.tend()
        return len(starts) >= times

    assert eventually(lambda: started(times=4))
    revived.stop(seconds=20)
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, (0.1, 0.2, 0.4), strict=True))


def test_a_child_that_ends_too_often_on_end_is_given_up() -> None:
    starts: list[Child] = []

    def start() -> Child:
        starts.append(python("raise SystemExit(3)"))
        return starts[-1]

    revived = SupervisedChild(start, Backoff(0.01, 600.0, at_once=True, most=2))
    assert eventually(lambda: not revived.tend())
    assert (len(starts), revived.exit_code, revived.ended()) == (3, 3, True)
    assert not revived.tend()
    assert len(starts) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_dies_with_its_parent_though_it_would_take_its_time(tmp_path: Path, number: signal.Signals) -> None:
    told = tmp_path / "pids"
    parent = subprocess.Popen([sys.executable, "-c", PARENT_OF_STUBBORN, str(told)])
    with parent:
        assert eventually(lambda: told.exists() and told.read_text() != "")
        parent.send_signal(number)
    assert eventually(lambda: gone(int(told.read_text())), seconds=PROMPT_SECONDS)


def test_a_port_that_is_about_to_be_free_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with ThreadPoolExecutor(1) as others:
            waiting = others.submit(check_free, "127.0.0.1", port, seconds=60)
            assert not waiting.done()
            taken.close()
            assert waiting.result() is None


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} of 127\.0\.0\.1 is in use.*--port or LIAISON_PORT"):
            check_free("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_refused() -> None:
    with pytest.raises(StartError, match=r"--host 192\.0\.2\.1"):
        check_free("192.0.2.1", 8080)


def test_a_free_port_is_free() -> None:
    check_free("127.0.0.1", free_port())


def test_a_server_on_every_address_is_called_on_the_loopback() -> None:
    assert [reachable(host) for host in ("0.0.0.0", "::", "127.0.0.2")] == ["127.0.0.1", "::1", "127.0.0.2"]


@pytest.mark.parametrize(("parent", "there"), [("os.getppid()", True), ("2**22 + 1", False)])
def test_a_process_knows_whether_its_parent_died_before_the_leash_was_on(parent: str, there: bool) -> None:
    program = f"import os; from app.system.die_with_parent import die_with_parent; print(die_with_parent({parent}))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(there)
