# SPDX-License-Identifier: Apache-2.0
"""Draws the requests per second of all servers: a bar is the median of the rounds, its line their spread."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from tests.bench.figures import rate, spread
from tests.bench.operations import OPERATIONS
from tests.bench.rounds import Sample
from tests.bench.tables import TITLES

OURS, THEIRS, LIMIT = "#1f6f8b", "#b8c4cc", "#d9dde0"
COLOURS = {"liaison": OURS, "lean": LIMIT}


def draw(comparison: Mapping[int, Sequence[Sample]], to: Path) -> None:
    """Write a PNG of the comparison, a row for each number of connections, to the file `to`."""
    figure = Figure(figsize=(11, 3.2 * len(comparison)), layout="constrained")
    rows = figure.subplots(len(comparison), len(OPERATIONS), sharey=True, squeeze=False)
    for row, (connections, samples) in zip(rows, comparison.items(), strict=True):
        for axis, operation in zip(row, OPERATIONS, strict=True):
            _bars(axis, samples, operation, f"{operation}, {connections} connections")
    figure.savefig(to, dpi=150)


def _bars(axis: Any, samples: Sequence[Sample], operation: str, title: str) -> None:
    names = list(reversed(TITLES))
    found = [spread(samples, name, operation, rate) for name in names]
    medians = [each.median for each in found]
    lines = [[each.median - each.least for each in found], [each.greatest - each.median for each in found]]
    titles = [TITLES[name].strip("*") for name in names]
    axis.barh(titles, medians, xerr=lines, color=[COLOURS.get(name, THEIRS) for name in names], error_kw={"lw": 1})
    axis.set_title(title)
    axis.set_xlabel("requests per second")
    axis.spines[["top", "right"]].set_visible(False)
