# SPDX-License-Identifier: Apache-2.0
"""Crowds of slow, silent and deaf clients: who asks in an ordinary way is served, and what they took comes back."""

import resource

import pytest

from tests.hostile import footprint
from tests.hostile.bystander import Bystander
from tests.hostile.conftest import Target
from tests.hostile.crowds import BEGINNINGS, crowd, deaf, trickle
from tests.hostile.extent import LONG, MOST_WAIT

SIZE = 2500 if LONG else 300
DEAF = 60 if LONG else 10
SECONDS = 20 if LONG else 2
MOST_LEFT = 1.2
"""What may be left of the memory before, when a crowd is gone: the processes keep a little for the next one."""

pytestmark = pytest.mark.timeout(0 if LONG else 120)


@pytest.fixture
def many_files() -> None:
    """Let this process have as many connections as a crowd needs."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_slow_crowd_keeps_nobody_out(target: Target, counts: dict[str, str], beginning: str) -> None:
    with crowd(target.port, SIZE, BEGINNINGS[beginning]) as connections, Bystander(target.url) as bystander:
        if BEGINNINGS[beginning]:
            trickle(connections, SECONDS)
        bystander.wait_for(20)
    counts[f"hostile: {beginning}, {SIZE} of them"] = f"others waited {bystander.slowest:.2f} s at most"
    _hardly_noticed(bystander)


@pytest.mark.usefixtures("many_files")
def test_clients_that_do_not_read_cost_others_nothing(target: Target, counts: dict[str, str]) -> None:
    for _ in range(300 if LONG else 30):
        target.new_id()
    with Bystander(target.url) as bystander:
        bystander.wait_for(20)
    before = footprint.resident_megabytes(target.servers)
    with Bystander(target.url) as bystander, deaf(target.port, DEAF, 20):
        bystander.wait_for(40)
        during = footprint.resident_megabytes(target.servers)
    after = footprint.resident_megabytes(target.servers)
    counts[f"hostile: deaf, {DEAF} of them"] = f"{before:.0f} MB before, {during:.0f} during, {after:.0f} after"
    _hardly_noticed(bystander)
    assert after <= before * MOST_LEFT


def _hardly_noticed(bystander: Bystander) -> None:
    assert not bystander.failures, bystander.failures[:10]
    if LONG:
        assert bystander.slowest <= MOST_WAIT
