# SPDX-License-Identifier: Apache-2.0
"""Uniqueness: a write with a unique identifier that another document has (eTOM 1.3.4) is refused, and says by which."""

from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.unique_identifiers import UniqueIdentifier
from app.errors import DuplicateIdentity
from app.resources.resource import Resource
from app.storage.documents.batching import TakenIdentifier
from app.storage.documents.repository import Repository
from app.storage.documents.rows import NO_KEYS

Got = TypeVar("Got")
Visible = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True)
class Uniqueness:
    """The unique identifiers of one resource; `documents` has the collections of all."""

    resource: Resource
    documents: Mapping[str, Repository]

    async def write(
        self, document: Mapping[str, Any], attempt: Callable[[Set[str]], Awaitable[Got]], visible: Visible | None = None
    ) -> Got:
        """The result of `attempt`, which writes the document, but for the keys that it is given.

        It is called again for an identifier that does not count, as what it is the id of does not exist here. Raises
        `DuplicateIdentity`, which names the document that has the identifier, if that is `visible`.
        """
        shared = NO_KEYS
        while True:
            try:
                return await attempt(shared)
            except TakenIdentifier as taken:
                pointer, identifier = self._identifier_of(document, taken.key)
                if not await is_nowhere(identifier, document, self.documents):
                    raise await self._conflict(taken.key, pointer, identifier, visible) from None
                shared = shared | {taken.key}

    def _identifier_of(self, document: Mapping[str, Any], key: str) -> tuple[str, UniqueIdentifier]:
        """The place of an identifier in the document, and what declares it."""
        places = self.documents[self.resource.name].derived.unique.places(document)
        return next((pointer, each) for own, pointer, each in places if own == key)

    async def _conflict(
        self, key: str, pointer: str, identifier: UniqueIdentifier, visible: Visible | None
    ) -> DuplicateIdentity:
        first = await self.documents[self.resource.name].holder(key)
        known = first and (visible is None or await visible(first))
        whose = self.resource.href(first) if first and known else f"another {self.resource.name}"
        live = " that has not ended" if identifier.while_live else ""
        told = f"there may be one {self.resource.name}{live} with the same {identifier.name}"
        return DuplicateIdentity(f"{pointer} is that of {whose} already; {told}")


async def is_nowhere(
    identifier: UniqueIdentifier, document: Mapping[str, Any], documents: Mapping[str, Repository]
) -> bool:
    """Whether an identifier does not count, as it is the id of something that does not exist here."""
    if not identifier.resolved:
        return False
    ids = identifier.ids(document)
    return not any([await documents[name].existing(ids) for name in identifier.resolved if name in documents])
