# SPDX-License-Identifier: Apache-2.0
"""Channels and directions of interactions, classified: a registered kind, or the bucket `unknown` for all else.

Interactions take any channel id and any direction, as clients have their own (TMF683 leaves both open), and keep them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

UNKNOWN = "unknown"
"""The bucket of what names no registered channel, or no direction that is known."""

DIRECTIONS = {"inbound": "inbound", "inbounds": "inbound", "outbound": "outbound", "outbounds": "outbound"}
"""Spellings of the direction in lower case, by what they mean; the plurals are those of TM Forum's conformance kit."""

Kinds = Mapping[str, str]
"""The kind of each registered channel, by its id."""


def registered_kinds(channels: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The kinds of channels, given as ids with stored documents, retired ones too: interactions go on naming these."""
    return {id: channel["channelType"] for id, channel in channels}


def channel_kind(reference: Mapping[str, Any], kinds: Kinds) -> str:
    """The kind of the channel that a `ChannelRef` names; `unknown` for an id, or none, that is not registered."""
    return kinds.get(reference.get("id", ""), UNKNOWN)


def channels_of(interaction: Mapping[str, Any], kinds: Kinds) -> list[tuple[str, str]]:
    """The id (empty where it has none) and the kind of each channel of a stored interaction, in its order.

    An interaction without any has none; whoever counts by one channel takes the first, else `("", "unknown")`.
    """
    references = [each["channel"] for each in interaction.get("relatedChannel", ()) if "channel" in each]
    return [(each.get("id", ""), channel_kind(each, kinds)) for each in references]


def main_channel(interaction: Mapping[str, Any], kinds: Kinds) -> tuple[str, str]:
    """The id and the kind of the first channel of a stored interaction: by that it is counted once."""
    return next(iter(channels_of(interaction, kinds)), ("", UNKNOWN))


def plain_direction(text: str) -> str:
    """A text of a direction in lower case, `inbound` or `outbound` in all their spellings; any other as it is."""
    said = text.strip().lower()
    return DIRECTIONS.get(said, said)


def direction_of(interaction: Mapping[str, Any]) -> str:
    """The direction of a stored interaction: `inbound`, `outbound`, or `unknown` for any other text."""
    said = plain_direction(str(interaction.get("direction", "")))
    return said if said in DIRECTIONS else UNKNOWN
