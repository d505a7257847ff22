# SPDX-License-Identifier: Apache-2.0
"""The limit of open files, which include connections (RLIMIT_NOFILE)."""

import resource
from contextlib import suppress

MOST_FILES = 65_536
"""The most that is asked for: enough for any server process; a system may reserve memory for each."""


def file_limit() -> int:
    """The present limit of this process."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_file_limit() -> None:
    """Raise the soft limit, also for child processes, to the hard limit, at most `MOST_FILES`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # Where that is forbidden, the limit stays.
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
