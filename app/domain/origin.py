# SPDX-License-Identifier: Apache-2.0
"""The origin of a change, for the event log: correlation id of the request, actor, and client."""

from typing import NamedTuple


class Origin(NamedTuple):
    """The correlation id of a request, and who asked: the subject of the access token, or whom a gateway names
    (`LIAISON_ACTOR_HEADER`), and the `client` that the token was issued to. None if unknown."""

    correlation_id: str | None = None
    actor: str | None = None
    client: str | None = None


UNKNOWN = Origin()
"""The origin of changes that no request asked for, such as seeded data."""
