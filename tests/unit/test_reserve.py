# SPDX-License-Identifier: Apache-2.0
"""The reserve of a disk: filled while there is plenty, spent when there is nothing else, and seen by everybody."""

from pathlib import Path

import pytest

from app.http.middleware.disk_full import Disk
from app.storage.mongod.disk_reserve import MEGABYTE, Reserve

MEGABYTES = 2
MORE_THAN_ANY_DISK = 10**9


@pytest.fixture
def reserve(tmp_path: Path) -> Reserve:
    return Reserve(tmp_path)


def test_a_reserve_takes_its_space_until_it_is_spent(reserve: Reserve, tmp_path: Path) -> None:
    assert reserve.is_full(MEGABYTES)
    reserve.fill(MEGABYTES)
    taken = tmp_path / "reserve"
    assert taken.stat().st_blocks * 512 >= MEGABYTES * MEGABYTE
    assert not reserve.is_full(MEGABYTES)
    reserve.spend()
    assert reserve.is_full(MEGABYTES)
    assert list(tmp_path.iterdir()) == []


def test_what_the_disk_does_not_have_is_not_taken(reserve: Reserve, tmp_path: Path) -> None:
    reserve.fill(MORE_THAN_ANY_DISK)
    assert list(tmp_path.iterdir()) == []
    assert reserve.is_full(MORE_THAN_ANY_DISK)


def test_without_a_reserve_the_space_left_decides_alone(reserve: Reserve, tmp_path: Path) -> None:
    reserve.fill(0)
    assert list(tmp_path.iterdir()) == []
    assert reserve.is_full(0) == reserve.is_low()


@pytest.mark.parametrize("megabytes", [0, 1, 256, 10_000])
def test_writes_begin_again_with_more_room_than_they_ended_with(reserve: Reserve, megabytes: int) -> None:
    assert reserve.needed_megabytes(megabytes) >= 64
    assert megabytes == 0 or reserve.needed_megabytes(megabytes) >= megabytes + 2 * 64


def test_a_process_sees_what_another_does_with_the_reserve(reserve: Reserve, tmp_path: Path) -> None:
    disk, other = Disk(reserve, MEGABYTES), Reserve(tmp_path)
    assert disk.is_full()
    other.fill(MEGABYTES)
    assert not Disk(reserve, MEGABYTES).is_full()
