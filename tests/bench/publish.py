# SPDX-License-Identifier: Apache-2.0
"""Where a run is written to: a file of its own always, and the documentation when it is to be published."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from tests.bench.page import PAGE, filled
from tests.bench.plot import draw
from tests.bench.results import Results
from tests.bench.running import ROOT

RUNS = ROOT / "build" / "bench"


def keep(results: Results) -> Path:
    """Write all figures of a run into a file of its own; answers which."""
    RUNS.mkdir(parents=True, exist_ok=True)
    file = RUNS / f"{results.at:%Y%m%dT%H%M%SZ}.json"
    file.write_bytes(orjson.dumps(results.figures(), option=orjson.OPT_INDENT_2))
    return file


def publish(results: Results, sections: Mapping[str, str]) -> None:
    """Put a run into docs/performance.md, beside its figures as JSON and a plot."""
    PAGE.with_suffix(".json").write_bytes(orjson.dumps(results.figures(), option=orjson.OPT_INDENT_2))
    draw(results.comparison, PAGE.with_suffix(".png"))
    page = PAGE.read_text(encoding="utf-8")
    for name, text in sections.items():
        page = filled(page, name, text)
    PAGE.write_text(page, encoding="utf-8")
