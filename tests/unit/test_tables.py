# SPDX-License-Identifier: Apache-2.0
"""Tables of plain text."""

from typing import Any

from app.cli.tables import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows: list[dict[str, Any]] = [{"a": "long one", "b": 1}, {"a": None, "b": 22, "c": "not asked for"}]
    assert table(rows, {"a": "A", "b": "BB"}, longest=20).splitlines() == [
        "A         BB",
        "long one  1",
        "-         22",
    ]


def test_a_cell_is_one_short_line() -> None:
    assert table([{"a": "two\nlines and more"}], {"a": "A"}, longest=9).splitlines() == ["A", "two line…"]
