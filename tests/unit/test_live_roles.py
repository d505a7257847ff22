# SPDX-License-Identifier: Apache-2.0
"""Roles of an access file that changes while a server runs."""

import os
from pathlib import Path

import pytest

from app.access.issuers import read_access
from app.access.live_roles import LOOK_SECONDS, LiveRoles

PROMISED_SECONDS = 5.0
"""Within which docs/security.md says that a change counts."""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "access.yaml"
    file.write_text("roles: {reader: ['customer:read']}")
    return file


def live(file: Path, clock: Clock) -> LiveRoles:
    return LiveRoles(read_access("", "", str(file)), str(file), clock)


def test_a_change_counts_in_the_promised_time_and_not_at_each_question(file: Path, clock: Clock) -> None:
    assert LOOK_SECONDS < PROMISED_SECONDS
    roles = live(file, clock)
    before = roles.current()
    file.write_text("roles: {reader: ['individual:read']}")
    clock.now += LOOK_SECONDS / 2
    assert roles.current() is before
    clock.now += LOOK_SECONDS / 2
    assert roles.current().grants == {"reader": ("individual:read",)}


def test_a_file_that_is_the_same_gives_the_same_roles(file: Path, clock: Clock) -> None:
    roles = live(file, clock)
    before = roles.current()
    for _ in range(3):
        clock.now += LOOK_SECONDS
        assert roles.current() is before


@pytest.mark.parametrize("wrong", ["roles: [", "roles: {reader: [everything]}", "", None])
def test_a_file_that_is_wrong_or_gone_changes_nothing_until_it_is_right_again(
    file: Path, clock: Clock, wrong: str | None
) -> None:
    roles = live(file, clock)
    before = roles.current()
    if wrong is None:
        os.remove(file)
    else:
        file.write_text(wrong)
    clock.now += LOOK_SECONDS
    assert roles.current() is before
    file.write_text("roles: {reader: ['individual:read']}")
    clock.now += LOOK_SECONDS
    assert roles.current().allow("reader", "individual:read")


def test_without_a_file_nothing_is_looked_at(clock: Clock) -> None:
    access = read_access("", "", "")
    roles = LiveRoles(access, "", clock)
    clock.now += LOOK_SECONDS
    assert roles.current() is access.roles
