# SPDX-License-Identifier: Apache-2.0
"""Tables of plain text."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import shorten

GAP = "  "


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, longest: int) -> str:
    """A table with `columns` (heading by member) of every row; missing values are `-`, long ones are cut."""
    lines = [list(columns.values()), *([_cell(row.get(name), longest) for name in columns] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(GAP.join(map(str.ljust, cells, widths)).rstrip() for cells in lines)


def _cell(value: Any, longest: int) -> str:
    return "-" if value is None else shorten(" ".join(str(value).split()), longest)
