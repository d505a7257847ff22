# SPDX-License-Identifier: Apache-2.0
"""Rules that an API does not name."""

from datetime import UTC, datetime
from typing import Any

from app.domain.rules import IDENTITY, Rules

AT = datetime(2024, 5, 1, tzinfo=UTC)


def test_rules_that_say_nothing_forbid_nothing() -> None:
    document: dict[str, Any] = {"name": "Ann"}
    rules = Rules()
    rules.complete(document, AT)
    rules.check(document)
    assert document == {"name": "Ann"}
    assert rules.fixed == IDENTITY
    assert rules.needed_by == ()
