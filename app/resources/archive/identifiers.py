# SPDX-License-Identifier: Apache-2.0
"""Keyed hashes of strong identifiers, by which bundles are found though the register has no identifier in clear."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.ownership import texts_at
from app.domain.query.predicates import Path
from app.storage.documents.repository import Repository

Fingerprint = Callable[[bytes], str]
"""A keyed hash, which nobody can guess without the key."""

CONTEXT = b"archive identifier\n"
"""The context of these hashes, which separates them from other uses of the key."""


@dataclass(frozen=True)
class IdentifierHashes:
    """`paths` lead to strong identifiers in the stored documents of `parties`, by resource; without a `fingerprint`
    there are no hashes."""

    paths: Mapping[str, Sequence[Path]]
    parties: Mapping[str, Repository]
    fingerprint: Fingerprint | None

    def hash(self, identifier: str) -> str | None:
        """The hash of an identifier, however that is spaced and in whatever case."""
        text = "".join(identifier.split()).casefold()
        return self.fingerprint(CONTEXT + text.encode()) if self.fingerprint else None

    async def of_parties(self, ids: Iterable[str]) -> list[str]:
        """The hashes of the strong identifiers of the parties with these ids."""
        hashes: set[str] = set()
        wanted = list(ids)
        for name, paths in self.paths.items():
            for document, _ in (await self.parties[name].beginnings(wanted)).values():
                texts = {text for path in paths for text in texts_at(document, path)}
                hashes |= {found for each in texts if (found := self.hash(each))}
        return sorted(hashes)
