# SPDX-License-Identifier: Apache-2.0
"""Channels and directions of interactions are classified; what is unknown has a bucket of its own."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.domain.channels import UNKNOWN, channel_kind, channels_of, direction_of, main_channel, registered_kinds

KINDS = registered_kinds([("call-centre", {"channelType": "phone"}), ("shop-7", {"channelType": "store"})])
IDS = st.sampled_from([*KINDS, "555", ""]) | st.text(max_size=5)


def over(*ids: str) -> dict[str, Any]:
    return {"relatedChannel": [{"role": "contact", "channel": {"id": id}} for id in ids]}


@given(st.lists(IDS, max_size=4))
def test_each_channel_of_an_interaction_is_in_one_bucket(ids: list[str]) -> None:
    buckets = channels_of(over(*ids), KINDS)
    assert [id for id, _ in buckets] == ids
    assert all(kind == KINDS.get(id, UNKNOWN) for id, kind in buckets)
    assert main_channel(over(*ids), KINDS) == (buckets[0] if buckets else ("", UNKNOWN))


def test_a_reference_without_an_id_is_of_no_known_kind() -> None:
    assert channel_kind({"name": "Call centre"}, KINDS) == UNKNOWN
    assert channels_of({"relatedChannel": [{"role": "contact"}]}, KINDS) == []


def test_directions_are_known_in_the_spellings_of_the_conformance_kit_and_unknown_otherwise() -> None:
    texts = ["inbound", "inbounds", " Outbound", "OUTBOUNDS", "sideways", ""]
    assert [direction_of({"direction": text}) for text in texts] == [
        "inbound", "inbound", "outbound", "outbound", UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert direction_of({}) == UNKNOWN
