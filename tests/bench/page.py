# SPDX-License-Identifier: Apache-2.0
"""The page of the documentation that the tables go into, and where in it."""

import re

from tests.bench.running import ROOT

PAGE = ROOT / "docs" / "performance.md"


def filled(page: str, name: str, text: str) -> str:
    """The page with `text` between the markers of this name. Raises `ValueError` when it has none."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"{PAGE.name} should have {begin} and {end}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page, count=1)
