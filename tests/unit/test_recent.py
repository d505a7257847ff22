# SPDX-License-Identifier: Apache-2.0
"""What the reader of the event log keeps in memory: little, whatever the number and the size of the entries."""

from app.events.relay.reader import KEPT, KEPT_BYTES, Recent


def test_the_newest_are_kept() -> None:
    recent = Recent()
    for number in range(KEPT + 2):
        recent.keep(number, f"entry {number}", 1)
    assert list(recent) == list(range(2, KEPT + 2))
    assert recent[2] == "entry 2"


def test_heavy_ones_make_room_for_each_other() -> None:
    recent = Recent()
    for number in range(5):
        recent.keep(number, "entry", KEPT_BYTES // 2)
    assert list(recent) == [3, 4]


def test_what_is_too_heavy_is_kept_until_the_next_comes() -> None:
    recent = Recent()
    recent.keep("heavy", "entry", 2 * KEPT_BYTES)
    assert list(recent) == ["heavy"]
    recent.keep("light", "entry", 1)
    assert list(recent) == ["light"]
