# SPDX-License-Identifier: Apache-2.0
"""Notes that the documents of a deployment are checked, so that the processes of a server do not lint them again."""

import hashlib
import os
from pathlib import Path

CHECKED = "_LIAISON_CHECKED_APIS"
"""In the environment of processes that are started after the check: what the files were like."""


def note_checked(listed: str) -> None:
    """Note for processes that this one starts that the files `listed` by `LIAISON_APIS` are right as they are now."""
    os.environ[CHECKED] = _digest(listed)


def are_checked(listed: str) -> bool:
    """Whether the process that started this one has found them right, and none of them has changed since."""
    return os.environ.get(CHECKED) == _digest(listed)


def _digest(listed: str) -> str:
    """The digest of the names, sizes and times of all YAML files in the listed places, and in folders beside them."""
    places = [Path(place.strip()) for place in listed.split(",")]
    folders = {place if place.is_dir() else place.parent for place in places}
    files = sorted(file for folder in folders for file in folder.rglob("*.yaml"))
    states = [(str(file), stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat())]
    return hashlib.sha256(repr((listed, states)).encode()).hexdigest()
