# SPDX-License-Identifier: Apache-2.0
"""The interface of archive stores: named objects, each written whole, once, and never changed."""

import re
from collections.abc import AsyncIterator
from typing import Protocol

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,199}")
"""A name of an object, which is a file name, a key of S3 and a segment of a URL alike."""


class ObjectMissing(Exception):
    """The store has no object of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the archive store has no object '{name}'")


class ObjectExists(Exception):
    """The store has an object of that name already, with another content."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the archive store has an object '{name}' already, with another content")


class ArchiveStore(Protocol):
    """A store of named objects (`NAME`).

    Objects are read and written whole: a bundle is checked before any part of it counts, and has what one transaction
    can put back. Other names than `NAME` raise `ValueError`; a store that does not do its work raises `Unavailable`.
    """

    async def put(self, name: str, content: bytes) -> None:
        """Write an object durably. Whoever reads sees all of it or none.

        What was written is never replaced: the same content again is no error, another raises `ObjectExists`.
        """

    async def get(self, name: str) -> bytes:
        """The content of an object. Raises `ObjectMissing`."""

    def names(self, prefix: str = "") -> AsyncIterator[str]:
        """The names of the objects that begin with `prefix`, in their order, also of those whose writing broke off."""

    async def delete(self, name: str) -> None:
        """Delete an object, also one whose writing broke off; one that is missing is no error."""

    async def close(self) -> None:
        """Release connections."""


def require_name(name: str) -> None:
    """Raise `ValueError` unless objects can have this name in every store."""
    if not NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of an object: letters, digits, '.' and '-', at most 200")
