# SPDX-License-Identifier: Apache-2.0
"""Keyed hashes of strong identifiers, by which bundles are found though the register has no identifier in clear."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from app.domain.ownership import objects_at
from app.domain.query.predicates import Path
from app.storage.documents.repository import Repository

Fingerprint = Callable[[bytes], str]
"""A keyed hash, which nobody can guess without the key."""

CONTEXT = b"archive identifier\n"
"""The context of these hashes, which separates them from other uses of the key."""
KIND, AUTHORITY = "identificationType", "issuingAuthority"
"""The members beside a number that say what it is a number of, and whose: without them two people may have it."""


@dataclass(frozen=True)
class IdentifierHashes:
    """`paths` lead to strong identifiers in the stored documents of `parties`, by resource; without a `fingerprint`
    there are no hashes."""

    paths: Mapping[str, Sequence[Path]]
    parties: Mapping[str, Repository]
    fingerprint: Fingerprint | None

    def hash(self, *identifier: str) -> str | None:
        """The hash of a number, or of it with its kind, or with kind and authority; however spaced, in any case."""
        text = "\n".join("".join(part.split()).casefold() for part in identifier)
        return self.fingerprint(CONTEXT + text.encode()) if self.fingerprint else None

    async def of_parties(self, ids: Iterable[str]) -> list[str]:
        """The hashes of the strong identifiers of the parties with these ids."""
        hashes: set[str] = set()
        wanted = list(ids)
        for name, paths in self.paths.items():
            for document, _ in (await self.parties[name].beginnings(wanted)).values():
                identifiers = {each for path in paths for each in _identifiers(document, path)}
                hashes |= {found for each in identifiers if (found := self.hash(*each))}
        return sorted(hashes)


def _identifiers(document: Any, path: Path) -> Iterator[tuple[str, ...]]:
    """Each number at a path of a document: alone, with its kind, and with kind and authority."""
    for each in objects_at(document, path[:-1]):
        parts = [each.get(name) for name in (path[-1], KIND, AUTHORITY)]
        known = [str(part) for part in takewhile(lambda part: isinstance(part, str), parts)]
        yield from (tuple(known[:count]) for count in range(1, len(known) + 1))
