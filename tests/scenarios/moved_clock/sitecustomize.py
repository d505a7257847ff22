# SPDX-License-Identifier: Apache-2.0
"""A clock that is `CLOCK_AHEAD_DAYS` ahead, for every Python process with this directory in its PYTHONPATH."""

import os
from datetime import timedelta

from app.domain import dates

_real_now = dates.now
_ahead = timedelta(days=float(os.environ.get("CLOCK_AHEAD_DAYS", "0")))
# Before anything else is loaded, as some take the function as a default.
dates.now = lambda: _real_now() + _ahead
