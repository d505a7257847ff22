# SPDX-License-Identifier: Apache-2.0
"""How many files, connections among them, this process may have open."""

import resource
from contextlib import suppress

MOST_FILES = 65_536
"""As many as any server process needs; some systems allow a thousand times that, and reserve memory for each."""


def file_limit() -> int:
    """How many it may open now."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_file_limit() -> None:
    """Let this process and those that it starts open as many as the system allows; by default most are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # where even that is forbidden, the limit stays as it is
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
