# SPDX-License-Identifier: Apache-2.0
"""TM Forum's own documents, where they are at hand, and what docs/adopting.md says that is not carried over of each."""

import re
from pathlib import Path

from tests.specs import SPECS

PAGE = Path(__file__).parents[1] / "docs" / "adopting.md"
PUBLISHED = sorted(path for ending in ("*.swagger.json", "*.oas.yaml") for path in SPECS.rglob(ending))
REFUSED = {"all of it"}
"""What the page says of a document that is not adopted."""

_ROW = re.compile(r"\| (TMF\d{3}) v([\d.]+) \| (.+?) \| (.+?) \|")
_NUMBER = re.compile(r"(TMF\d{3})-.*-v([\d.]+)\.(?:swagger\.json|oas\.yaml)")


def not_carried_over(path: Path) -> set[str]:
    """What the page says of a document: paths, with the method where it is but one."""
    named = _NUMBER.fullmatch(path.name)
    assert named, f"{path.name} should be called like TMF620-ProductCatalog-v4.1.0.swagger.json"
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    table = {(number, version): set(left.split(", ")) for number, version, left, _ in rows}
    return table.get((named[1], named[2]), set())


ADOPTED = [path for path in PUBLISHED if not_carried_over(path) != REFUSED]
"""The documents that are adopted, at least in part."""
