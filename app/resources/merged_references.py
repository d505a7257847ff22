# SPDX-License-Identifier: Apache-2.0
"""Merged references: what refers to a merged id is led to its survivor, merge by merge, so that each can be undone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import UUID

from app.domain.json_pointers import objects, steps, value_at
from app.domain.query.predicates import Path
from app.domain.redirection import Redirection
from app.resources.resource import Document
from app.storage.documents.aliases import Alias, Aliases
from app.storage.documents.merge_journal import MergeJournal, MovedReference
from app.storage.documents.referential_integrity import Target
from app.storage.mongod.driver import Session

PARTIES = ("Individual", "Organization")


class MergeStep(NamedTuple):
    """Where one `merge` leads references."""

    merge: str
    redirection: Redirection


@dataclass
class LedDocument:
    """A document whose references were led on, and by merge what stands at the JSON Pointers of these since."""

    document: Document
    moved: dict[str, dict[str, Document]]

    def journal(self, resource: str, id: str) -> Iterable[tuple[str, MovedReference]]:
        """What the journals of the merges should have of it, by merge."""
        return [(merge, MovedReference(resource, id, references)) for merge, references in self.moved.items()]


@dataclass(frozen=True)
class MergedReferences:
    """Leads references on. `mergeable` are the resources whose documents are merged, `owner_paths` lead to the ids of
    owners in documents, by resource."""

    aliases: Aliases
    journal: MergeJournal
    mergeable: Collection[str]
    owner_paths: Mapping[str, Collection[Path]]

    def owners(self, resource: str) -> frozenset[Path]:
        """The paths in documents of a resource that lead to ids of owners, whatever else is said there."""
        return frozenset(self.owner_paths.get(resource, ()))

    async def steps(self, targets: Iterable[Target], session: Session | None = None) -> list[MergeStep]:
        """The merges by which the targets became what they are, oldest first; none for what is not merged."""
        found: dict[Target, tuple[Alias, str]] = {}
        fresh = set(targets)
        while fresh:
            merged = [each for each in await self.aliases.among_targets(fresh, session) if each.survivor]
            fresh = set()
            for each in merged:
                first = await self.journal.survivor(each.merge, each.resource, each.id, session) or each.survivor
                found[each.resource, each.id] = each, first
                fresh.add((each.resource, first))
            fresh -= found.keys()
        oldest_first = sorted(found.values(), key=lambda item: (item[0].at, item[0].resource, item[0].id))
        return [MergeStep(each.merge, redirection(each.resource, each.id, first)) for each, first in oldest_first]

    async def steps_of(self, documents: Iterable[Document], session: Session | None = None) -> list[MergeStep]:
        """The merges of what the documents may refer to."""
        ids = {id for document in documents for id in _referred_ids(document)}
        return await self.steps([(resource, id) for resource in self.mergeable for id in ids], session)

    def follow(self, resource: str, document: Document, merges: Sequence[MergeStep]) -> LedDocument:
        """The document with its references led on by these merges, one after the other."""
        led = LedDocument(document, {})
        for merge, each in merges:
            led.document, pointers = each.follow(led.document, self.owners(resource))
            for pointer in pointers:
                led.moved.setdefault(merge, {})[pointer] = value_at(led.document, steps(pointer))
        return led


def redirection(resource: str, duplicate: str, survivor: str) -> Redirection:
    """Where references to a duplicate lead."""
    kinds = ("Party", "PartyOrPartyRole") if resource in PARTIES else ("PartyRole", "PartyOrPartyRole")
    classes = frozenset({resource, *kinds})
    return Redirection(resource, duplicate, survivor, classes, _is_unmistakable(duplicate))


def _is_unmistakable(id: str) -> bool:
    """Whether an id is one of the server's own, which nothing else has."""
    try:
        return UUID(id).version == 7
    except ValueError:
        return False


def _referred_ids(document: Mapping[str, Any]) -> Iterable[str]:
    """The ids of what the objects in a document may refer to, by id or address."""
    for _, value in objects(document):
        for name in ("id", "href"):
            if isinstance(text := value.get(name), str):
                yield text if name == "id" else unquote(text.rpartition("/")[2])
