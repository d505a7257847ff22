# SPDX-License-Identifier: Apache-2.0
"""Puts what was measured into the page on performance, between the marks of its section."""

from tests.bench.page import PAGE, filled


def publish(section: str, text: str) -> None:
    """Replace what the page says there. Raises `ValueError` where it has no such section."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), section, text), encoding="utf-8")
