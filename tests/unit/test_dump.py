# SPDX-License-Identifier: Apache-2.0
"""JSON going out: every date-time is spelt as `dates.text` spells it, and nothing else is touched."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from bson.tz_util import utc as bson_utc
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.json_text import dump, dump_sorted

INSTANTS = st.builds(
    lambda at, milliseconds, zone: (at + timedelta(milliseconds=milliseconds)).replace(tzinfo=zone),
    st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9998, 1, 1)).map(
        lambda at: at.replace(microsecond=0)
    ),
    st.integers(0, 999),
    st.sampled_from([UTC, bson_utc, None]),
)
ALIKE = st.sampled_from(["2024-05-01T10:00:00.123000Z", "000Z", '000Z"', "2024-05-01T10:00:00Z"])
VALUES = st.recursive(
    INSTANTS | ALIKE | st.text(max_size=5) | st.integers(-9, 9) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def spelt(value: Any) -> Any:
    """`value` with its date-times as text."""
    if isinstance(value, dict):
        return {name: spelt(member) for name, member in value.items()}
    if isinstance(value, list):
        return [spelt(element) for element in value]
    return dates.text(value) if isinstance(value, datetime) else value


@given(value=VALUES)
def test_date_times_go_out_as_one_text(value: Any) -> None:
    assert dump(value) == orjson.dumps(spelt(value))
    assert dump_sorted(value) == orjson.dumps(spelt(value), option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("unknown", [{1, 2}, b"bytes", object()])
def test_what_is_no_json_does_not_go_out(unknown: Any) -> None:
    with pytest.raises(TypeError):
        dump({"value": unknown})
