# SPDX-License-Identifier: Apache-2.0
"""How a listener stands: the state that is told of it, and what is left out."""

from typing import Any

import pytest

from app.domain import dates
from app.events.hub.listener_status import state, status_of

AT = dates.instant("2026-11-01T12:00:00Z")


def registration(**changed: Any) -> dict[str, Any]:
    fresh = {
        "state": "active",
        "position": 7,
        "attempts": 0,
        "registered": AT,
        "lastDelivered": None,
        "lastError": None,
        "nextAttempt": None,
        "signed": False,
        "authentication": None,
    }
    return fresh | changed


@pytest.mark.parametrize(
    ("kept", "attempts", "told"),
    [
        ("active", 0, "active"),
        ("active", 3, "retrying"),
        ("paused", 3, "paused"),
        ("suspended", 3, "suspended"),
    ],
)
def test_an_active_listener_whose_deliveries_fail_is_retrying(kept: str, attempts: int, told: str) -> None:
    assert state(registration(state=kept, attempts=attempts)) == told


def test_only_what_there_is_to_tell_is_told() -> None:
    assert status_of(registration(), tail=9) == {"state": "active", "lag": 2, "attempts": 0, "registered": AT}


def test_a_listener_that_waits_for_nothing_has_no_next_attempt() -> None:
    failing = {"attempts": 2, "nextAttempt": AT, "lastError": "HTTP status 500"}
    assert status_of(registration(**failing), tail=9)["nextAttempt"] == AT
    assert "nextAttempt" not in status_of(registration(**failing, state="suspended"), tail=9)


def test_a_position_beyond_the_tail_that_was_read_is_no_negative_lag() -> None:
    assert status_of(registration(), tail=5)["lag"] == 0


def test_of_secrets_only_is_told_that_there_are_some() -> None:
    guarded = status_of(registration(signed=True, authentication="bearer", secrets=b"sealed"), tail=7)
    assert (guarded["signed"], guarded["authentication"]) == (True, {"type": "bearer"})
    assert b"sealed" not in guarded.values()
