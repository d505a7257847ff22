# SPDX-License-Identifier: Apache-2.0
"""Hands the documents of a deployment, checked and bundled, to the processes of a server: each would read them again.

They lie in a file in memory, which the processes inherit. Their environment says which descriptor it has, what it holds
and what the files were like; when anything differs, a process reads and checks the files itself.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import decompress

import orjson

if TYPE_CHECKING:
    from app.apis import Api, Version

CHECKED = "_LIAISON_CHECKED_APIS"
"""In the environment of processes that are started after the check: descriptor, size, digests of files and content."""


class HandedDocuments:
    """The file in memory; make it before the first process that is to inherit it."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("liaison-documents")

    def note(self, listed: str, apis: "Iterable[Api]") -> None:
        """Note for processes that this one starts that the files `listed` by `LIAISON_APIS`, of which the `apis` are
        made, are right as they are now."""
        versions = [version for api in apis for version in api.versions.values() if version.bundled]
        content = orjson.dumps({str(_file(each)): orjson.Fragment(decompress(each.bundled)) for each in versions})
        os.pwrite(self.descriptor, content, 0)
        os.environ[CHECKED] = f"{self.descriptor} {len(content)} {_files_digest(listed)} {_digest(content)}"


def checked_documents(listed: str) -> dict[str, Any] | None:
    """The bundled documents by file, as the process that started this one has found them right; None when it has not
    checked these files, or one of them has changed since."""
    noted = os.environ.get(CHECKED, "").split()
    if len(noted) != 4 or noted[2] != _files_digest(listed):
        return None
    try:
        content = os.pread(int(noted[0]), int(noted[1]), 0)
    except OSError:  # It was started by other means, and has inherited the environment alone.
        return None
    documents: dict[str, Any] | None = orjson.loads(content) if noted[3] == _digest(content) else None
    return documents


def _file(version: "Version") -> Path:
    return version.folder / f"{version.document}.yaml"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _files_digest(listed: str) -> str:
    """The digest of the names, sizes and times of all YAML files in the listed places, and in folders beside them."""
    places = [Path(place.strip()) for place in listed.split(",")]
    folders = {place if place.is_dir() else place.parent for place in places}
    files = sorted(file for folder in folders for file in folder.rglob("*.yaml"))
    states = [(str(file), stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat())]
    return _digest(repr((listed, states)).encode())
