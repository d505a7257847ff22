# SPDX-License-Identifier: Apache-2.0
"""Whom a change goes back to: the request that asked for it, and who sent that."""

from typing import NamedTuple


class Origin(NamedTuple):
    """The correlation id of a request, and its actor as a gateway names them; None for what is not known."""

    correlation_id: str | None = None
    actor: str | None = None


UNKNOWN = Origin()
"""The origin of what no request asked for, such as seeded data."""
