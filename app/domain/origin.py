# SPDX-License-Identifier: Apache-2.0
"""The origin of a change, for the event log: correlation id of the request, and actor."""

from typing import NamedTuple


class Origin(NamedTuple):
    """The correlation id of a request, and the actor that a gateway names (`LIAISON_ACTOR_HEADER`); None if unknown."""

    correlation_id: str | None = None
    actor: str | None = None


UNKNOWN = Origin()
"""The origin of changes that no request asked for, such as seeded data."""
