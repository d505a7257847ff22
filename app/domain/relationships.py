# SPDX-License-Identifier: Apache-2.0
"""Relationships of documents of one resource (`x-relationships`), such as parent and child: both ends agree."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from app.domain.query.predicates import Path
from app.domain.reference_addresses import SCHEME

Document = dict[str, Any]


@dataclass(frozen=True)
class End:
    """One end of a relationship: the first-level `attribute` of a `resource`, an object, or an array of such if it is
    for `many`, with the reference to the other end at the path `reference` within."""

    resource: str
    attribute: str
    reference: Path
    many: bool

    def ids(self, document: Mapping[str, Any]) -> list[str]:
        """The ids in a stored document of what it may be related to, none twice.

        A reference names one by its `href` here, or by its `id` where it has no `href`. One whose `href` leads
        elsewhere names none.
        """
        if self.attribute not in document:
            return []
        return list(dict.fromkeys(id for each in self._entries(document) if (id := self._id(each)) is not None))

    def has(self, document: Mapping[str, Any]) -> bool:
        """Whether a stored document is related to anything by this end, wherever that is."""
        return bool(document.get(self.attribute))

    def with_id(self, document: Document, id: str) -> Document:
        """The document, related to this id, too."""
        entry = self.entry(id)
        return {**document, self.attribute: [*self._entries(document), entry] if self.many else entry}

    def with_entry_of(self, document: Document, other: Document, id: str) -> Document:
        """The document, related to this id as an `other` one is."""
        entry = next(each for each in self._entries(other) if self._id(each) == id)
        return {**document, self.attribute: [*self._entries(document), entry] if self.many else entry}

    def without(self, document: Document, ids: Collection[str]) -> Document:
        """The document, related to none of these ids; without the attribute where nothing is left of it."""
        kept = [each for each in self._entries(document) if self._id(each) not in ids]
        if len(kept) == len(self._entries(document)):
            return document
        rest = {name: value for name, value in document.items() if name != self.attribute}
        return {**rest, self.attribute: kept} if kept else rest

    def without_repeats(self, document: Document, id: str) -> Document:
        """The document, in which only the first of several entries for an id is left."""
        entries = self._entries(document)
        places = [place for place, each in enumerate(entries) if self._id(each) == id]
        if len(places) < 2:
            return document
        return {**document, self.attribute: [each for place, each in enumerate(entries) if place not in places[1:]]}

    def without_added(self, document: Document, other: Document) -> Document:
        """The document without what the server added for ids that the `other` one does not name."""
        named = set(self.ids(other))
        added = [id for id in self.ids(document) if id not in named]
        own = [each for each in self._entries(document) if (id := self._id(each)) in added and each == self.entry(id)]
        return self.without(document, {str(self._id(each)) for each in own}) if own else document

    def entry(self, id: str) -> Document:
        """What the server adds to a document for an id: a reference, and no more than it knows."""
        value: Document = {"id": id, "href": f"{SCHEME}{self.resource}/{quote(id, safe='')}"}
        value["@referredType"] = self.resource
        for name in reversed(self.reference):
            value = {name: value}
        return value

    def _entries(self, document: Mapping[str, Any]) -> list[Any]:
        value = document.get(self.attribute)
        return value if isinstance(value, list) else [] if value is None else [value]

    def _id(self, entry: Any) -> str | None:
        for name in self.reference:
            entry = entry.get(name) if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping):
            return None
        href, id = entry.get("href"), entry.get("id")
        if isinstance(href, str) and href:
            own = f"{SCHEME}{self.resource}/"
            return unquote(href.removeprefix(own)) if href.startswith(own) else None
        return id if isinstance(id, str) else None


@dataclass(frozen=True)
class Relationship:
    """A relationship with its two ends: who has `one`, is named by the `inverse` of what that names.

    In a hierarchy `one` leads upwards, and nothing is above itself.
    """

    one: End
    inverse: End
    hierarchy: bool = False

    @property
    def directions(self) -> Iterator[tuple[End, End]]:
        """Each end with the other one."""
        yield self.one, self.inverse
        yield self.inverse, self.one

    def upwards(self, end: End, id: str, other: str) -> tuple[str, str]:
        """What is below and what is above, where a document with this id names the `other` by an end."""
        return (id, other) if end == self.one else (other, id)


@dataclass(frozen=True)
class RelationshipDeclaration:
    """A relationship as a document declares it: the paths that lead to the id of the other end, and back."""

    path: Path
    inverse: Path
    hierarchy: bool = False

    def of(self, resource: str, arrays: Collection[str]) -> Relationship:
        """The relationship of a resource, of whose first-level attributes these are `arrays`."""
        one, inverse = (End(resource, path[0], path[1:-1], path[0] in arrays) for path in (self.path, self.inverse))
        return Relationship(one, inverse, self.hierarchy)
