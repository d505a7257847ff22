# SPDX-License-Identifier: Apache-2.0
"""The status of a listener for clients and operators: state, lag, failures; without secrets."""

from typing import Any

from app.storage.hubs.registrations import ACTIVE, Registration

RETRYING = "retrying"
"""The state of an active listener whose last delivery failed."""

STANDING = ("lag", "attempts", "registered", "lastDelivered", "lastError", "nextAttempt")
"""The members of the status, beside the state."""


def state(registration: Registration) -> str:
    """`active`, `retrying`, `paused` or `suspended`."""
    failing = registration["state"] == ACTIVE and registration["attempts"]
    return RETRYING if failing else str(registration["state"])


def security_members(registration: Registration) -> dict[str, Any]:
    """The members for signature and type of authentication; empty when the listener has neither."""
    signed = {"signed": True} if registration["signed"] else {}
    authentication = registration["authentication"]
    return signed | ({"authentication": {"type": authentication}} if authentication else {})


def status_of(registration: Registration, tail: int) -> dict[str, Any]:
    """The status: state, lag and failures; `tail` is the number of the last entry of the log.

    Instants are `datetime`. Members without a value are left out.
    """
    now = state(registration)
    status = {
        "state": now,
        "lag": max(0, tail - registration["position"]),
        "attempts": registration["attempts"],
        "registered": registration["registered"],
        "lastDelivered": registration["lastDelivered"],
        "lastError": registration["lastError"],
        "nextAttempt": registration["nextAttempt"] if now == RETRYING else None,
    }
    return {name: value for name, value in status.items() if value is not None} | security_members(registration)
