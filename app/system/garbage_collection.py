# SPDX-License-Identifier: Apache-2.0
"""When Python looks for garbage in processes that make very many objects at once, of which nearly none is in a cycle.

To do so as often as it does by itself takes a third of an import, and a quarter of what a busy relay does.
"""

import gc

THRESHOLDS = (100_000, 20, 100)
"""After how many new objects garbage is looked for, and every how many times among older ones."""


def collect_seldom() -> None:
    """Look for cycles in much of what is new at a time, and never in what is there by now: that stays."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
