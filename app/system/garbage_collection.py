# SPDX-License-Identifier: Apache-2.0
"""Garbage collection in processes that make very many objects, nearly none of them in reference cycles.

Python's defaults would take a third of the time of an import, and a quarter of that of a busy relay.
"""

import gc

THRESHOLDS = (100_000, 20, 100)
"""The thresholds of the three generations (`gc.set_threshold`)."""


def collect_seldom() -> None:
    """Collect seldom, and never among the objects that exist now (`gc.freeze`)."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
