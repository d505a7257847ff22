# SPDX-License-Identifier: Apache-2.0
"""What a story of a flow is, for runners that are killed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from tests.contract.performing import Document

Perform = Callable[[], object]
"""Performs what is due by now, and relays what waits."""
Begin = Callable[[httpx.Client, Perform], Document]

GRACE_IS_OVER = timedelta(days=400)
RETENTION_IS_OVER = timedelta(days=12 * 366)


@dataclass(frozen=True)
class Tale:
    """A story of a flow: how it begins, and how far the clock goes on; `is_whole` if every kind of task is in it."""

    name: str
    begin: Begin
    ahead: timedelta = timedelta()
    is_whole: bool = False
