# SPDX-License-Identifier: Apache-2.0
"""The rules of a resource: those that an API does not name, and the order of dates."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.rules import IDENTITY, Rules
from app.errors import InvalidField

AT = datetime(2024, 5, 1, tzinfo=UTC)


def test_rules_that_say_nothing_forbid_nothing() -> None:
    document: dict[str, Any] = {"name": "Ann"}
    rules = Rules()
    rules.complete(document, AT)
    rules.check(document)
    assert document == {"name": "Ann"}
    assert rules.fixed == IDENTITY
    assert rules.needs == ()


DATES = st.none() | st.datetimes(timezones=st.just(UTC))


@given(DATES, DATES)
def test_of_ordered_dates_the_second_may_not_lie_before_the_first(
    first: datetime | None, second: datetime | None
) -> None:
    rules = Rules(ordered=(("birthDate", "deathDate"),))
    document = {name: at for name, at in (("birthDate", first), ("deathDate", second)) if at}
    if first and second and second < first:
        with pytest.raises(InvalidField, match=r"^/deathDate lies before /birthDate$"):
            rules.check(document)
    else:
        rules.check(document)
