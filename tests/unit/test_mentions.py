# SPDX-License-Identifier: Apache-2.0
"""One look at a document tells whether it may mention a member: it overlooks none, and seldom sees one too many."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from app.domain.json_values import mention, mentions
from tests.unit.strategies import WILD

HREF = mention("href", "liaison:")
ROLE = mention("role")


def has_role(value: Any) -> bool:
    """Whether a member `role` is anywhere in `value`, as a walk finds it."""
    if isinstance(value, dict):
        return "role" in value or any(map(has_role, value.values()))
    return isinstance(value, list) and any(map(has_role, value))


@given(WILD)
def test_a_member_is_mentioned_wherever_it_is_and_nowhere_else(document: dict[str, Any]) -> None:
    assert mentions(document, ROLE) == has_role(document)


@pytest.mark.parametrize(
    ("document", "mentioned"),
    [
        ({"href": "liaison:Individual/1"}, True),
        ({"a": [{"b": [[{"href": "liaison:"}]]}], "at": datetime(2024, 5, 1, tzinfo=UTC)}, True),
        ({"href": "https://elsewhere.example.com/liaison:"}, False),
        ({"href": ["liaison:Individual/1"], "hre": "liaison:", "at": datetime(2024, 5, 1, tzinfo=UTC)}, False),
        ({"text": '"href":"liaison:Individual/1'}, False),
        ({}, False),
    ],
)
def test_a_member_is_known_by_the_beginning_of_its_text(document: dict[str, Any], mentioned: bool) -> None:
    assert mentions(document, HREF) is mentioned


def test_any_of_several_members_will_do() -> None:
    assert mentions({"role": None}, HREF, ROLE)
    assert not mentions({"role": None}, HREF)


def test_a_beginning_is_spelt_as_in_the_document() -> None:
    assert mentions({"href": 'é"/\\x'}, mention("href", 'é"/\\'))
