# SPDX-License-Identifier: Apache-2.0
"""Notifiers, the mail server and mongod are killed; clocks are wrong, and a leader is frozen: no notice is lost."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from app.interactions.notices.delivering import PAUSES, Patience
from tests.chaos.killed_notices import post
from tests.chaos.story import setting
from tests.waiting import eventually

KILLS = setting("NOTICE_KILLS", 12)
NOTICES_BETWEEN = 35
FROZEN_SECONDS = setting("NOTICE_FREEZE", 3)
SHORT = [timedelta(seconds=1)] * len(PAUSES)


@pytest.mark.timeout(180 + 20 * KILLS)
def test_no_kill_loses_a_notice_and_only_one_between_250_and_commit_doubles_it(
    tmp_path: Path, chance: Random, tell: Callable[[str], None]
) -> None:
    with post(tmp_path, Patience(claim=24, sending=18, pauses=SHORT)) as office:
        for _ in range(KILLS):
            office.create(NOTICES_BETWEEN)
            office.wait_for(chance.randint(1, NOTICES_BETWEEN - 5))
            office.kill(chance)
        doubled = office.assert_kept()
    tell(f"{office.made} notices, {KILLS} kills; doubled between 250 and commit: {dict(doubled)}")


@pytest.mark.timeout(240 + FROZEN_SECONDS)
def test_a_leader_that_was_frozen_and_clocks_that_differ_double_nothing(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    patience = Patience(claim=2.0 * FROZEN_SECONDS + 4, sending=FROZEN_SECONDS + 3.0, pauses=SHORT)
    with post(tmp_path, patience) as office:
        office.notifiers.kill_all()
        (first, *others) = (office.notifiers.start(timedelta(hours=hours)) for hours in (1, -1))
        office.create(150)
        office.wait_for(20)
        os.kill(first, signal.SIGSTOP)
        thawed = time.monotonic() + FROZEN_SECONDS
        try:
            office.create(50)
            eventually(lambda: time.monotonic() > thawed, "it was frozen for long", FROZEN_SECONDS + 5)
        finally:
            os.kill(first, signal.SIGCONT)
        office.create(20)
        assert len(others) == 1
        assert not office.assert_kept()
    tell(f"{office.made} notices, by clocks an hour ahead and behind, a leader frozen for {FROZEN_SECONDS} s")
